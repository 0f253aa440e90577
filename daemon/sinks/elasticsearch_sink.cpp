#include "daemon/sinks/elasticsearch_sink.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>
#include <thread>

#include "daemon/sinks/elasticsearch_writer.h"

namespace culprit {
namespace {

class ElasticsearchSink final : public Sink {
   public:
    explicit ElasticsearchSink(std::shared_ptr<ElasticsearchWriter> writer) : writer_(std::move(writer)) { writer_->start(); }
    ~ElasticsearchSink() override { writer_->stop(); }
    ElasticsearchSink(const ElasticsearchSink&) = delete;
    ElasticsearchSink& operator=(const ElasticsearchSink&) = delete;

    std::string_view name() const override { return "elasticsearch"; }
    void offer(const std::vector<IncidentDocument>& revisions) override { writer_->offer(revisions); }
    void offer_changes(const std::vector<IncidentDocument>& revisions) override { writer_->offer(revisions); }
    std::size_t pending() const override { return writer_->pending(); }
    std::optional<std::chrono::steady_clock::time_point> owed_since() const override { return writer_->owed_since(); }
    SinkHealth health() const override { return writer_->health(); }

    std::size_t drain(std::chrono::milliseconds patience) override {
        writer_->hurry();
        const auto deadline = std::chrono::steady_clock::now() + patience;
        std::size_t left = writer_->pending();
        while (left > 0 && !writer_->gave_up() && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            left = writer_->pending();
        }
        writer_->stop();
        return left;
    }

   private:
    std::shared_ptr<ElasticsearchWriter> writer_;  // shared with its coroutine, which ends on another thread
};

void log_rejected(const IncidentDocument& document, const std::string& reason) {
    spdlog::error("elasticsearch will never take incident {} (version {}): {}", document.id, document.version, reason);
}

}  // namespace

HttpClientSettings client_settings(const ElasticsearchSettings& settings) {
    HttpClientSettings client;
    for (const std::string& text : settings.urls) {
        Result<HttpUrl> url = parse_http_url(text);
        if (!url.ok()) throw std::runtime_error("elasticsearch: " + url.error().message);
        client.urls.push_back(std::move(url).value());
    }
    if (client.urls.empty()) throw std::runtime_error("elasticsearch: urls names no server; give at least one");
    client.login = settings.login;
    client.request_timeout = settings.request_timeout;
    client.connect_timeout = std::min(client.connect_timeout, settings.request_timeout);
    return client;
}

std::unique_ptr<Sink> make_elasticsearch_sink(boost::asio::io_context& io, ElasticsearchSettings settings, Telemetry& telemetry,
                                              RejectedDocument rejected, RetrySchedule schedule) {
    if (!rejected) rejected = log_rejected;
    HttpClientSettings client = client_settings(settings);
    return std::make_unique<ElasticsearchSink>(std::make_shared<ElasticsearchWriter>(io, std::move(settings), std::move(client),
                                                                                     telemetry, std::move(rejected), schedule));
}

}  // namespace culprit
