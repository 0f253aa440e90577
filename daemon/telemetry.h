#pragma once
// culprit's own metrics, in Prometheus' text format, under the names of INTERFACE.md. Thread-safe.
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "matchers/matcher.h"

namespace culprit {

class Telemetry {
   public:
    Telemetry();
    ~Telemetry();

    // Counted when a batch is in the signal log, so that a crash never counts a record twice.
    void committed(const MatchedBatch& batch, std::string_view source);
    void dead_letter(std::string_view reason);
    void consumer_lag(std::string_view topic, int partition, std::int64_t lag);
    /// How far a partition is in the signal log: one that does not move while records wait is stuck.
    void consumer_offset(std::string_view topic, int partition, std::int64_t next);
    /// The partition is another's, or gone: what was last said of it would look stuck.
    void consumer_gone(std::string_view topic, int partition);
    void watermark_delay(double seconds);

    /// When the newest canary (matchers/canary.h) that has got so far was produced: Kafka has taken it; it is folded; and all
    /// that the sinks were owed by then is safe. Its age is the time since then, whatever has become of this process.
    enum class CanaryStage { sent, folded, safe };
    void canary(CanaryStage stage, std::string_view topic, int partition, EventTime produced);
    void canary_latency(CanaryStage stage, double seconds);
    /// Another process folds them.
    void canary_gone(std::string_view topic, int partition);

    void incidents(std::string_view status, std::size_t count);
    /// One request of a sink: its outcome ("ok", "retry", "dead_letter", "stop") and how long it took.
    void sink_request(std::string_view sink, std::string_view outcome, double seconds);
    void sink_documents(std::string_view sink, std::string_view result, std::size_t count);  // written, unchanged, rejected
    void sink_pending(std::string_view sink, std::size_t count);
    /// A request that brought records: its address, as the API names it, and the answer's status.
    void ingest_request(std::string_view path, int status);
    /// A bounded structure's size against its limit; 0: it is bounded by age, and no number of things in it is too many.
    void state_size(std::string_view what, std::size_t size, std::size_t limit);

    /// The counters and gauges as they stand, for the page; without the histograms.
    struct Value {
        std::string name;
        std::map<std::string, std::string> labels;
        double value = 0;
    };
    std::vector<Value> values() const;

    /// The exposition, text format 0.0.4.
    std::string expose() const;

   private:
    struct Metrics;
    std::unique_ptr<Metrics> metrics_;
};

}  // namespace culprit
