#include "daemon/telemetry.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <map>
#include <utility>

namespace culprit {

namespace {

using prometheus::Counter;
using prometheus::Gauge;
using prometheus::Histogram;

prometheus::Family<Counter>& counter(prometheus::Registry& registry, const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}
prometheus::Family<Gauge>& gauge(prometheus::Registry& registry, const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

constexpr std::array kCanaryStages{"sent", "folded", "safe"};

// From a server on the same host to one that is nearly timing out.
const Histogram::BucketBoundaries kSeconds{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
const Histogram::BucketBoundaries kCanarySeconds{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600};

}  // namespace

struct Telemetry::Metrics {
    prometheus::Registry registry;

    prometheus::Family<Counter>& records =
        counter(registry, "culprit_records_total", "Input records whose batch is in the signal log.");
    prometheus::Family<Counter>& bytes =
        counter(registry, "culprit_bytes_total", "Bytes of input records whose batch is in the signal log.");
    prometheus::Family<Counter>& topic_records = counter(
        registry, "culprit_topic_records_total", "Records of a Kafka topic whose batch is in the signal log, canaries aside.");
    prometheus::Family<Counter>& continuations =
        counter(registry, "culprit_continuation_lines_total",
                "Sampled lines of a topic that go on with an entry: DETAIL, STATEMENT, frames of a traceback.");
    prometheus::Family<Counter>& headless =
        counter(registry, "culprit_headless_lines_total", "Of those, lines whose entry does not begin in their partition.");
    prometheus::Family<Counter>& signals = counter(registry, "culprit_signals_total", "Signals recognised, by family and kind.");
    prometheus::Family<Counter>& dead_letters =
        counter(registry, "culprit_dead_letters_total", "Records and documents handed to the dead letters, by reason.");

    // Without labels: there from the start, so that a rate over them never misses the first one.
    Counter& filter_passes =
        counter(registry, "culprit_filter_passes_total", "Records that passed the literal filter and were looked at.").Add({});
    Counter& decoded = counter(registry, "culprit_decoded_records_total", "Entries decoded.").Add({});
    Counter& undecodable =
        counter(registry, "culprit_undecodable_records_total", "Entries that passed the filter and could not be decoded.")
            .Add({});
    Counter& repaired = counter(registry, "culprit_repaired_records_total", "Entries whose invalid UTF-8 was repaired.").Add({});
    Counter& unmatched =
        counter(registry, "culprit_unmatched_records_total", "Entries that passed the filter and said nothing.").Add({});
    Counter& assemblies_cut =
        counter(registry, "culprit_assemblies_cut_total", "Entries closed at a limit before they were complete.").Add({});

    prometheus::Family<Gauge>& consumer_lag =
        gauge(registry, "culprit_consumer_lag", "Messages of a partition that are not in the signal log yet.");
    prometheus::Family<Gauge>& consumer_offset =
        gauge(registry, "culprit_consumer_offset", "The offset of a partition below which all is in the signal log.");
    prometheus::Family<Gauge>& watermark_delay =
        gauge(registry, "culprit_watermark_delay_seconds", "How far the fold's clock lies behind the wall clock.");
    std::array<prometheus::Family<Gauge>*, 3> canary{
        &gauge(registry, "culprit_canary_sent_timestamp_seconds", "When the newest canary that Kafka took was produced."),
        &gauge(registry, "culprit_canary_folded_timestamp_seconds",
               "When the newest canary that came through matcher, signal log and correlator was produced."),
        &gauge(registry, "culprit_canary_safe_timestamp_seconds",
               "The same of the newest one by whose time all that the sinks were owed is safe.")};
    prometheus::Family<Histogram>& canary_latency = prometheus::BuildHistogram()
                                                        .Name("culprit_canary_latency_seconds")
                                                        .Help("How long canaries took to be folded, and to be safe.")
                                                        .Register(registry);
    prometheus::Family<Gauge>& incidents = gauge(registry, "culprit_incidents", "Incidents alive, by status.");

    prometheus::Family<Histogram>& sink_seconds = prometheus::BuildHistogram()
                                                      .Name("culprit_sink_request_duration_seconds")
                                                      .Help("How long a sink's requests took.")
                                                      .Register(registry);
    prometheus::Family<Counter>& sink_requests =
        counter(registry, "culprit_sink_requests_total", "Requests of a sink, by outcome: ok, retry, dead_letter, stop.");
    prometheus::Family<Counter>& sink_retries =
        counter(registry, "culprit_sink_retries_total", "Requests of a sink that have to be made again.");
    prometheus::Family<Counter>& sink_documents =
        counter(registry, "culprit_sink_documents_total", "Documents of a sink, by result: written, unchanged, rejected.");
    prometheus::Family<Counter>& sink_rejections =
        counter(registry, "culprit_sink_rejections_total", "Documents that a sink's server refused for good.");
    prometheus::Family<Gauge>& sink_pending =
        gauge(registry, "culprit_sink_pending_documents", "Documents that are not safe yet.");

    prometheus::Family<Counter>& ingest_requests =
        counter(registry, "culprit_ingest_requests_total", "Requests to the HTTP source, by address and status.");

    prometheus::Family<Gauge>& state_size = gauge(registry, "culprit_state_size", "The size of a bounded structure.");
    prometheus::Family<Gauge>& state_limit = gauge(registry, "culprit_state_limit", "The limit of a bounded structure.");
};

Telemetry::Telemetry() : metrics_(std::make_unique<Metrics>()) {}
Telemetry::~Telemetry() = default;

void Telemetry::committed(const MatchedBatch& batch, std::string_view source) {
    const prometheus::Labels labels{{"source", std::string(source)}};
    const MatcherCounters& counters = batch.counters;
    metrics_->records.Add(labels).Increment(static_cast<double>(counters.records));
    metrics_->bytes.Add(labels).Increment(static_cast<double>(counters.bytes));
    if (batch.input.type == SourceType::kafka) {
        const prometheus::Labels topic{{"topic", batch.input.name}};
        metrics_->topic_records.Add(topic).Increment(static_cast<double>(counters.records));
        metrics_->continuations.Add(topic).Increment(static_cast<double>(counters.continuations));
        metrics_->headless.Add(topic).Increment(static_cast<double>(counters.headless));
    }
    metrics_->filter_passes.Increment(static_cast<double>(counters.filter_passes));
    metrics_->decoded.Increment(static_cast<double>(counters.decoded));
    metrics_->undecodable.Increment(static_cast<double>(counters.undecodable));
    metrics_->repaired.Increment(static_cast<double>(counters.repaired_utf8));
    metrics_->unmatched.Increment(static_cast<double>(counters.unmatched));
    metrics_->assemblies_cut.Increment(static_cast<double>(counters.assemblies_cut));

    std::map<std::pair<Family, std::string_view>, double> counts;
    for (const Signal& signal : batch.signals) ++counts[{signal.family, signal.kind}];
    for (const auto& [key, count] : counts)
        metrics_->signals.Add({{"family", std::string(to_string(key.first))}, {"kind", std::string(key.second)}})
            .Increment(count);
}

void Telemetry::dead_letter(std::string_view reason) {
    metrics_->dead_letters.Add({{"reason", std::string(reason)}}).Increment();
}

void Telemetry::consumer_lag(std::string_view topic, int partition, std::int64_t lag) {
    metrics_->consumer_lag.Add({{"topic", std::string(topic)}, {"partition", std::to_string(partition)}})
        .Set(static_cast<double>(lag));
}

void Telemetry::consumer_offset(std::string_view topic, int partition, std::int64_t next) {
    metrics_->consumer_offset.Add({{"topic", std::string(topic)}, {"partition", std::to_string(partition)}})
        .Set(static_cast<double>(next));
}

void Telemetry::consumer_gone(std::string_view topic, int partition) {
    const prometheus::Labels labels{{"topic", std::string(topic)}, {"partition", std::to_string(partition)}};
    for (auto* family : {&metrics_->consumer_lag, &metrics_->consumer_offset}) family->Remove(&family->Add(labels));
}

void Telemetry::watermark_delay(double seconds) { metrics_->watermark_delay.Add({}).Set(seconds); }

void Telemetry::canary(CanaryStage stage, std::string_view topic, int partition, EventTime produced) {
    metrics_->canary[static_cast<std::size_t>(stage)]
        ->Add({{"topic", std::string(topic)}, {"partition", std::to_string(partition)}})
        .Set(static_cast<double>(to_micros(produced)) / 1e6);
}

void Telemetry::canary_latency(CanaryStage stage, double seconds) {
    metrics_->canary_latency.Add({{"stage", kCanaryStages[static_cast<std::size_t>(stage)]}}, kCanarySeconds).Observe(seconds);
}

void Telemetry::canary_gone(std::string_view topic, int partition) {
    const prometheus::Labels labels{{"topic", std::string(topic)}, {"partition", std::to_string(partition)}};
    for (const auto stage : {CanaryStage::folded, CanaryStage::safe}) {
        auto* family = metrics_->canary[static_cast<std::size_t>(stage)];
        family->Remove(&family->Add(labels));
    }
}

void Telemetry::incidents(std::string_view status, std::size_t count) {
    metrics_->incidents.Add({{"status", std::string(status)}}).Set(static_cast<double>(count));
}

void Telemetry::sink_request(std::string_view sink, std::string_view outcome, double seconds) {
    const prometheus::Labels labels{{"sink", std::string(sink)}};
    metrics_->sink_seconds.Add(labels, kSeconds).Observe(seconds);
    metrics_->sink_requests.Add({{"sink", std::string(sink)}, {"outcome", std::string(outcome)}}).Increment();
    metrics_->sink_retries.Add(labels).Increment(outcome == "retry" ? 1 : 0);
}

void Telemetry::sink_documents(std::string_view sink, std::string_view result, std::size_t count) {
    const prometheus::Labels labels{{"sink", std::string(sink)}};
    metrics_->sink_documents.Add({{"sink", std::string(sink)}, {"result", std::string(result)}})
        .Increment(static_cast<double>(count));
    metrics_->sink_rejections.Add(labels).Increment(result == "rejected" ? static_cast<double>(count) : 0);
}

void Telemetry::sink_pending(std::string_view sink, std::size_t count) {
    metrics_->sink_pending.Add({{"sink", std::string(sink)}}).Set(static_cast<double>(count));
}

void Telemetry::ingest_request(std::string_view path, int status) {
    metrics_->ingest_requests.Add({{"path", std::string(path)}, {"status", std::to_string(status)}}).Increment();
}

void Telemetry::state_size(std::string_view what, std::size_t size, std::size_t limit) {
    const prometheus::Labels labels{{"state", std::string(what)}};
    metrics_->state_size.Add(labels).Set(static_cast<double>(size));
    if (limit > 0) metrics_->state_limit.Add(labels).Set(static_cast<double>(limit));
}

std::vector<Telemetry::Value> Telemetry::values() const {
    std::vector<Value> values;
    for (const auto& family : metrics_->registry.Collect()) {
        if (family.type != prometheus::MetricType::Counter && family.type != prometheus::MetricType::Gauge) continue;
        for (const auto& metric : family.metric) {
            Value value{
                family.name, {}, family.type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value};
            for (const auto& label : metric.label) value.labels[label.name] = label.value;
            values.push_back(std::move(value));
        }
    }
    return values;
}

std::string Telemetry::expose() const { return prometheus::TextSerializer().Serialize(metrics_->registry.Collect()); }

}  // namespace culprit
