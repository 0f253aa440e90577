#pragma once
#include <utility>  // first: Boost 1.74's coroutines use std::exchange without including it
//
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "daemon/sinks/bulk_response.h"
#include "daemon/sinks/elasticsearch_sink.h"
#include "daemon/sinks/http_client.h"
#include "daemon/sinks/pending_documents.h"

// The coroutine behind the Elasticsearch sink. Its own file so that the sink's seam (threads, drain) and the writing are read
// apart.

namespace culprit {

/// Shared by the sink and the coroutine: the coroutine ends a moment after the sink is gone, on another thread.
class ElasticsearchWriter : public std::enable_shared_from_this<ElasticsearchWriter> {
   public:
    ElasticsearchWriter(boost::asio::io_context& io, ElasticsearchSettings settings, HttpClientSettings client,
                        Telemetry& telemetry, RejectedDocument rejected, RetrySchedule schedule);

    void start();

    // Any thread.
    void offer(const std::vector<IncidentDocument>& revisions);
    std::size_t pending() const;
    std::optional<std::chrono::steady_clock::time_point> owed_since() const;
    SinkHealth health() const;
    /// Writes what waits now, without waiting for the flush interval.
    void hurry();
    /// Ends the coroutine soon, whatever is pending.
    void stop();
    /// True when it has ended by itself and what is pending never will be written.
    bool gave_up() const;

   private:
    enum class Step { go_on, retry, retry_slowly, give_up };  // in order of gravity

    boost::asio::awaitable<void> run();
    boost::asio::awaitable<Step> put_template(std::string index, nlohmann::json wanted);
    boost::asio::awaitable<Step> flush();
    boost::asio::awaitable<Step> send_bulk(std::vector<IncidentDocument> documents, std::string body);
    boost::asio::awaitable<void> pause(std::chrono::milliseconds wait);
    boost::asio::awaitable<void> wait_for_documents();

    /// The worst step that any item asks for.
    Step settle_items(const std::vector<IncidentDocument>& documents, const BulkVerdict& verdict, double seconds);
    void reject(const IncidentDocument& document, const std::string& reason);
    void settle(const std::string& id);
    void give_back(const std::vector<IncidentDocument>& documents);
    void wake();
    bool stopping() const;

    void trouble(std::string what);
    void well();

    // Only the strand.
    const ElasticsearchSettings settings_;
    Telemetry& telemetry_;
    const RejectedDocument rejected_;
    const RetrySchedule schedule_;
    boost::asio::strand<boost::asio::io_context::executor_type> strand_;
    boost::asio::steady_timer timer_;
    HttpClient client_;
    std::mt19937_64 chance_;
    std::size_t bulk_bytes_;
    unsigned failures_ = 0;
    std::chrono::steady_clock::time_point flushed_{};
    bool changes_template_stands_ = false;  // put before the first change is written

    // Between the fold's thread, the strand and whoever asks for health.
    mutable std::mutex mutex_;
    PendingDocuments documents_;
    std::string trouble_ = "has not been reached yet";
    std::string next_;  // what is done about the trouble
    bool hurried_ = false, stopping_ = false, gave_up_ = false;
};

}  // namespace culprit
