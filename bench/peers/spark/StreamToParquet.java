import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.date_format;
import static org.apache.spark.sql.functions.from_json;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.StreamingQueryListener;
import org.apache.spark.sql.streaming.Trigger;

/** Structured Streaming as its guide has it: a topic of JSON into Parquet, partitioned by day and hour, until all is taken. */
public final class StreamToParquet {
  public static void main(String[] args) throws Exception {
    String brokers = args[0], topic = args[1], schema = args[2], time = args[3], checkpoint = args[4], output = args[5];
    SparkSession spark = SparkSession.builder().getOrCreate();
    spark.streams().addListener(new StreamingQueryListener() {
      @Override public void onQueryStarted(QueryStartedEvent event) {
        System.out.println("STARTED");
      }

      @Override public void onQueryProgress(QueryProgressEvent event) {
        System.out.println("ROWS " + event.progress().numInputRows());
      }

      @Override public void onQueryTerminated(QueryTerminatedEvent event) {}
    });
    Dataset<Row> rows = spark.readStream().format("kafka")
        .option("kafka.bootstrap.servers", brokers)
        .option("subscribe", topic)
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", args[6])
        .load()
        .select(col("partition").as("kafka_partition"), col("offset").as("kafka_offset"),
            from_json(col("value").cast("string"), org.apache.spark.sql.types.StructType.fromDDL(schema)).as("record"))
        .select("kafka_partition", "kafka_offset", "record.*")
        .withColumn("dt", date_format(col(time), "yyyy-MM-dd"))
        .withColumn("hour", date_format(col(time), "H"));
    rows.writeStream().format("parquet")
        .option("checkpointLocation", checkpoint)
        .option("path", output)
        .option("compression", "zstd")
        .partitionBy("dt", "hour")
        .trigger(Trigger.AvailableNow())
        .start()
        .awaitTermination();
    spark.stop();
  }
}
