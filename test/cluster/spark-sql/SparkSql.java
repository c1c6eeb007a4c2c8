import org.apache.spark.sql.SparkSession;

/**
 * What Spark SQL answers, as a reader that knows nothing but Hive's metastore: a row of JSON a line.
 *
 * <p>usage: SparkSql thrift://HOST:PORT QUERY
 */
public final class SparkSql {
  public static void main(String[] arguments) {
    SparkSession spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.sql.shuffle.partitions", "1")
            .config("spark.sql.warehouse.dir", System.getProperty("java.io.tmpdir"))
            .config("spark.hadoop.hive.metastore.uris", arguments[0])
            .enableHiveSupport()
            .getOrCreate();
    for (String row : spark.sql(arguments[1]).toJSON().collectAsList()) System.out.println("ROW " + row);
    spark.stop();
  }
}
