import java.net.InetSocketAddress;
import org.apache.hadoop.hive.conf.HiveConf;
import org.apache.hadoop.hive.metastore.HiveMetaStore;
import org.apache.hadoop.hive.metastore.HiveMetaStore.HMSHandler;
import org.apache.hadoop.hive.metastore.IHMSHandler;
import org.apache.hadoop.hive.metastore.TSetIpAddressProcessor;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.server.TThreadPoolServer;
import org.apache.thrift.transport.TServerSocket;
import org.apache.thrift.transport.TTransportFactory;

/**
 * The Hive Metastore of this machine alone. HiveMetaStore.main listens on every address of the machine, without asking
 * anyone who they are; this serves the same handler on the one address that it is given. Its configuration comes as
 * system properties.
 *
 * <p>usage: LoopbackMetastore ADDRESS PORT
 */
public final class LoopbackMetastore {
  private static final int MIN_THREADS = 4;
  private static final int MAX_THREADS = 200;

  public static void main(String[] arguments) throws Exception {
    InetSocketAddress address = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
    HiveConf configuration = new HiveConf(HiveMetaStore.class);
    // Hive takes its own properties from the system's, not those of file systems.
    for (String name : System.getProperties().stringPropertyNames()) {
      if (name.startsWith("fs.")) configuration.set(name, System.getProperty(name));
    }
    long maxMessageBytes = configuration.getLongVar(HiveConf.ConfVars.METASTORESERVERMAXMESSAGESIZE);
    IHMSHandler handler =
        HiveMetaStore.newRetryingHMSHandler(new HMSHandler("metastore", configuration, false), configuration, true);
    new TThreadPoolServer(
            new TThreadPoolServer.Args(new TServerSocket(address))
                .processor(new TSetIpAddressProcessor<>(handler))
                .transportFactory(new TTransportFactory())
                .protocolFactory(new TBinaryProtocol.Factory())
                .inputProtocolFactory(new TBinaryProtocol.Factory(true, true, maxMessageBytes, maxMessageBytes))
                .minWorkerThreads(MIN_THREADS)
                .maxWorkerThreads(MAX_THREADS))
        .serve();
  }
}
