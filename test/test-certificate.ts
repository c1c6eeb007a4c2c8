/** A certificate of 127.0.0.1 and localhost that nobody trusts, and its key, which protects nothing: for tests of TLS. */
export function testCertificate(): { readonly cert: string; readonly key: string } {
  return { cert: CERT, key: KEY };
}

const CERT = `-----BEGIN CERTIFICATE-----
MIIBnzCCAUWgAwIBAgIUC8WwExg5b7jxgviicbQlEgZqxbgwCgYIKoZIzj0EAwIw
FjEUMBIGA1UEAwwLc2x1aWNlIHRlc3QwIBcNMjYxMTI4MTY1OTIzWhgPMjEyNjEx
MDQxNjU5MjNaMBYxFDASBgNVBAMMC3NsdWljZSB0ZXN0MFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAEu+jnHJBJbrciPkdVbnohCrOlb63OSXzJVhfoFQXCRhj3z59b
S8LfvQsALBElD1kIhyg/7+U+5mfmzfqneOPDnaNvMG0wHQYDVR0OBBYEFCd2gZJH
2J67LGMsXxb3nEKxVBccMB8GA1UdIwQYMBaAFCd2gZJH2J67LGMsXxb3nEKxVBcc
MA8GA1UdEwEB/wQFMAMBAf8wGgYDVR0RBBMwEYcEfwAAAYIJbG9jYWxob3N0MAoG
CCqGSM49BAMCA0gAMEUCIQCsFsGfi6vGXbgaQDNBG4df0rtg1Zw1y+IgB3sbynzC
cwIgLBqL7/rbTxIpFqjUD9gAg+NwCpkFGF5zVr+qq0PMCmI=
-----END CERTIFICATE-----
`;

const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgkKMduY2ihEGTfOzo
/VPYlzdKM9YpC/6LSFfuvmfnsv+hRANCAAS76OcckElutyI+R1VueiEKs6Vvrc5J
fMlWF+gVBcJGGPfPn1tLwt+9CwAsESUPWQiHKD/v5T7mZ+bN+qd448Od
-----END PRIVATE KEY-----
`;
