// Sends every kind of call, with awkward values, by Segment's published Java library.
// Usage: java -cp 'lib/*' Send.java URL WRITE_KEY AWKWARD_JSON

import com.google.gson.Gson;
import com.google.gson.ToNumberPolicy;
import com.google.gson.GsonBuilder;
import com.google.gson.reflect.TypeToken;
import com.segment.analytics.Analytics;
import com.segment.analytics.Callback;
import com.segment.analytics.messages.AliasMessage;
import com.segment.analytics.messages.GroupMessage;
import com.segment.analytics.messages.IdentifyMessage;
import com.segment.analytics.messages.Message;
import com.segment.analytics.messages.MessageBuilder;
import com.segment.analytics.messages.PageMessage;
import com.segment.analytics.messages.ScreenMessage;
import com.segment.analytics.messages.TrackMessage;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

public class Send {
  public static void main(String[] arguments) throws Exception {
    Gson gson = new GsonBuilder()
        .setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE)
        .create();
    Map<String, ?> values =
        gson.fromJson(arguments[2], new TypeToken<Map<String, Object>>() {}.getType());
    CountDownLatch sent = new CountDownLatch(6);
    AtomicInteger failed = new AtomicInteger();
    Analytics analytics = Analytics.builder(arguments[1])
        .endpoint(arguments[0])
        .flushQueueSize(3)
        .flushInterval(1, TimeUnit.SECONDS)
        .callback(new Callback() {
          @Override public void success(Message message) {
            sent.countDown();
          }

          @Override public void failure(Message message, Throwable error) {
            System.err.println(error);
            failed.incrementAndGet();
            sent.countDown();
          }
        })
        .build();
    Date at = Date.from(Instant.parse("2026-10-01T08:00:00.123Z"));
    List<MessageBuilder<?, ?>> calls = List.of(
        IdentifyMessage.builder().traits(values),
        TrackMessage.builder("Awkward 订单 🎉").properties(values),
        PageMessage.builder("Home 首页").properties(values),
        ScreenMessage.builder("Screen").properties(values),
        GroupMessage.builder("group-1").traits(values),
        AliasMessage.builder("java-before"));
    for (MessageBuilder<?, ?> call : calls) {
      analytics.enqueue(call.userId("java-user").anonymousId("java-anonymous").timestamp(at));
    }
    analytics.flush();
    boolean over = sent.await(60, TimeUnit.SECONDS);
    analytics.shutdown();
    System.out.println("{\"failed\": " + (over ? failed.get() : -1) + "}");
    System.exit(0);
  }
}
