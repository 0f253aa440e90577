#pragma once
#include <utility>  // first: Boost 1.74's coroutines use std::exchange without including it
//
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "daemon/alerts/alert_sink.h"
#include "daemon/sinks/http_client.h"

// The coroutine behind an alert sink. Its own file so that the sink's seam (threads, drain) and the sending are read apart.

namespace culprit {

/// Shared by the sink and the coroutine: the coroutine ends a moment after the sink is gone, on another thread.
class AlertWriter : public std::enable_shared_from_this<AlertWriter> {
   public:
    /// Throws std::runtime_error.
    AlertWriter(boost::asio::io_context& io, AlertSettings settings, Outbox& outbox, Telemetry& telemetry,
                RetrySchedule schedule);

    void start();

    // Any thread.
    void offer(const std::vector<IncidentDocument>& revisions);
    /// Notices that are due and have not arrived.
    std::size_t pending() const;
    SinkHealth health() const;
    void stop();
    std::string_view name() const { return name_; }

   private:
    enum class Outcome { arrived, refused, failed };  // in order of gravity

    boost::asio::awaitable<void> run();
    boost::asio::awaitable<Outcome> tell(const std::vector<Notice>& notices);
    boost::asio::awaitable<Outcome> tell_alertmanagers(const std::vector<Notice>& notices);
    boost::asio::awaitable<Outcome> tell_webhook(const Notice& notice);
    boost::asio::awaitable<Outcome> post(HttpClient& client, HttpRequest request);
    boost::asio::awaitable<void> pause(std::chrono::milliseconds wait);
    std::vector<Notice> due();
    bool write_down(std::vector<Notice>& notices, bool delivered);
    void trouble(std::string what);
    bool stopping() const;

    const AlertSettings settings_;
    const std::string_view name_;
    const std::string receiver_;  // what the outbox knows it by
    const MessageTemplates templates_;
    Outbox& outbox_;
    Telemetry& telemetry_;
    const RetrySchedule schedule_;
    boost::asio::strand<boost::asio::io_context::executor_type> strand_;
    boost::asio::steady_timer timer_;
    std::vector<std::unique_ptr<HttpClient>> clients_;
    std::mt19937_64 chance_;

    // Between the fold's thread, the strand and whoever asks for health.
    mutable std::mutex mutex_;
    AlertDesk desk_;
    std::size_t pending_ = 0;
    std::string trouble_;
    bool stopping_ = false;
};

}  // namespace culprit
