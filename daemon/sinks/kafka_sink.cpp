#include "daemon/sinks/kafka_sink.h"

#include <condition_variable>
#include <mutex>
#include <random>
#include <stop_token>
#include <thread>

#include "daemon/kafka_writer.h"
#include "daemon/sinks/incident_record.h"
#include "daemon/sinks/pending_documents.h"

namespace culprit {

namespace {

using std::chrono::steady_clock;
constexpr std::string_view kSink = "kafka";
constexpr std::size_t kBytesAtOnce = 4'000'000;
constexpr std::chrono::milliseconds kGather{250};

class KafkaSink final : public Sink {
   public:
    KafkaSink(const KafkaSinkSettings& settings, Telemetry& telemetry, RejectedDocument rejected, RetrySchedule schedule)
        : topic_(settings.topic),
          telemetry_(telemetry),
          rejected_(std::move(rejected)),
          schedule_(schedule),
          writer_(settings.brokers, settings.properties) {
        thread_ = std::jthread([this](std::stop_token stop) { work(stop); });
    }

    std::string_view name() const override { return kSink; }
    void offer(const std::vector<IncidentDocument>& revisions) override {
        std::size_t size = 0;
        {
            const std::lock_guard lock(mutex_);
            for (const IncidentDocument& document : revisions) documents_.offer(document);
            size = documents_.size();
        }
        telemetry_.sink_pending(kSink, size);
        wake_.notify_all();
    }
    void offer_changes(const std::vector<IncidentDocument>& revisions) override { offer(revisions); }
    std::size_t pending() const override {
        const std::lock_guard lock(mutex_);
        return documents_.size();
    }
    std::optional<steady_clock::time_point> owed_since() const override {
        const std::lock_guard lock(mutex_);
        return documents_.owed_since();
    }
    SinkHealth health() const override {
        const std::lock_guard lock(mutex_);
        if (trouble_.empty()) return {true, "ok"};
        return {false, trouble_ + ", retrying; " + std::to_string(documents_.size()) +
                           (documents_.size() == 1 ? " document waits" : " documents wait")};
    }
    std::size_t drain(std::chrono::milliseconds patience) override {
        std::unique_lock lock(mutex_);
        hurried_ = true;
        wake_.notify_all();
        settled_.wait_for(lock, patience, [this] { return documents_.size() == 0; });
        const std::size_t left = documents_.size();
        lock.unlock();
        thread_.request_stop();
        wake_.notify_all();
        if (thread_.joinable()) thread_.join();
        return left;
    }

   private:
    void work(std::stop_token stop) {
        std::mt19937 chance{std::random_device{}()};
        unsigned failures = 0;
        while (true) {
            std::vector<IncidentDocument> documents;
            {
                std::unique_lock lock(mutex_);
                wake_.wait(lock, stop, [this] { return documents_.waiting(); });
                if (stop.stop_requested()) return;
                wake_.wait_for(lock, stop, kGather, [this] { return hurried_; });
                documents = documents_.take(kBytesAtOnce);
            }
            const auto problem = write(documents);
            failures = problem.empty() ? 0 : failures + 1;
            if (problem.empty()) continue;
            const auto wait = schedule_.after(failures, std::uniform_real_distribution<double>(0, 1)(chance));
            std::unique_lock lock(mutex_);
            wake_.wait_for(lock, stop, wait, [] { return false; });
        }
    }

    /// Empty when all of them are safe.
    std::string write(const std::vector<IncidentDocument>& documents) {
        const auto begin = steady_clock::now();
        std::string problem;
        std::size_t rejected = 0;
        try {
            for (const IncidentDocument& document : documents) {
                const KafkaRecord record = to_record(document);
                if (record.value->size() > KafkaWriter::kLargestValue) {
                    rejected_(document, "it is larger than a record of Kafka's may be");
                    ++rejected;
                } else if (const auto sent = writer_.produce(topic_, KafkaWriter::kByKey, record); !sent) {
                    problem = sent.error().message;
                    break;
                }
            }
            if (problem.empty()) {
                if (const auto safe = writer_.flush(); !safe) problem = "the topic " + topic_ + ": " + safe.error().message;
            }
        } catch (const std::exception& failure) {  // the dead letters could not be written
            problem = failure.what();
        }
        const double seconds = std::chrono::duration<double>(steady_clock::now() - begin).count();
        telemetry_.sink_request(kSink, problem.empty() ? "ok" : "retry", seconds);
        std::size_t left = 0;
        {
            const std::lock_guard lock(mutex_);
            for (const IncidentDocument& document : documents) {
                if (problem.empty())
                    documents_.settle(document.id);
                else
                    documents_.give_back(document.id);
            }
            trouble_ = problem;
            left = documents_.size();
        }
        if (problem.empty()) telemetry_.sink_documents(kSink, "written", documents.size() - rejected);
        if (rejected > 0) telemetry_.sink_documents(kSink, "rejected", rejected);
        telemetry_.sink_pending(kSink, left);
        settled_.notify_all();
        return problem;
    }

    const std::string topic_;
    Telemetry& telemetry_;
    const RejectedDocument rejected_;
    const RetrySchedule schedule_;
    KafkaWriter writer_;        // the thread's
    mutable std::mutex mutex_;  // of what follows
    std::condition_variable_any wake_, settled_;
    PendingDocuments documents_;
    std::string trouble_;
    bool hurried_ = false;
    std::jthread thread_;  // last: it uses all of the above
};

}  // namespace

std::unique_ptr<Sink> make_kafka_sink(const KafkaSinkSettings& settings, Telemetry& telemetry, RejectedDocument rejected,
                                      RetrySchedule schedule) {
    return std::make_unique<KafkaSink>(settings, telemetry, std::move(rejected), schedule);
}

}  // namespace culprit
