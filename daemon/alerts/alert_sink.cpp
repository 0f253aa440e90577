#include "daemon/alerts/alert_sink.h"

#include <thread>

#include "daemon/alerts/alert_writer.h"

namespace culprit {
namespace {

class AlertSink final : public Sink {
   public:
    explicit AlertSink(std::shared_ptr<AlertWriter> writer) : writer_(std::move(writer)) { writer_->start(); }
    ~AlertSink() override { writer_->stop(); }
    AlertSink(const AlertSink&) = delete;
    AlertSink& operator=(const AlertSink&) = delete;

    std::string_view name() const override { return writer_->name(); }
    void offer(const std::vector<IncidentDocument>& revisions) override { writer_->offer(revisions); }
    std::size_t pending() const override { return writer_->pending(); }
    SinkHealth health() const override { return writer_->health(); }

    std::size_t drain(std::chrono::milliseconds patience) override {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (writer_->pending() > 0 && std::chrono::steady_clock::now() < deadline)
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        const std::size_t left = writer_->pending();
        writer_->stop();
        return left;  // they lie in the outbox, or are due again when the log is folded anew
    }

   private:
    std::shared_ptr<AlertWriter> writer_;  // shared with its coroutine, which ends on another thread
};

}  // namespace

std::unique_ptr<Sink> make_alert_sink(boost::asio::io_context& io, AlertSettings settings, Outbox& outbox, Telemetry& telemetry,
                                      RetrySchedule schedule) {
    return std::make_unique<AlertSink>(std::make_shared<AlertWriter>(io, std::move(settings), outbox, telemetry, schedule));
}

}  // namespace culprit
