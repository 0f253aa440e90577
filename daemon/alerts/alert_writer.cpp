#include "daemon/alerts/alert_writer.h"

#include <spdlog/spdlog.h>
#include <xxhash.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdio>
#include <stdexcept>

namespace culprit {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds kTick{1};     // how often is asked what is due
constexpr std::chrono::days kRemembered{7};  // what was resolved before that may page again
constexpr int kValidRepeats = 4;             // a firing alert outlives so many repeats that fail

EventTime now() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

/// Not the address itself: a webhook's is a secret.
std::string receiver_of(std::string_view name, const std::string& url) {
    char hash[24];
    std::snprintf(hash, sizeof hash, "-%016llx", static_cast<unsigned long long>(XXH3_64bits(url.data(), url.size())));
    return std::string(name) + hash;
}

std::vector<Told> told_before(Outbox& outbox, const std::string& receiver) {
    auto told = outbox.told(receiver);
    if (!told) throw std::runtime_error(told.error().message);
    return std::move(told).value();
}

MessageTemplates load_templates(const AlertSettings& settings) {
    auto templates = MessageTemplates::load(settings.templates);
    if (!templates) throw std::runtime_error(templates.error().message);
    const std::string& name = settings.template_name;
    if (name != "generic" && name != "slack" && !templates.value().contains(name + ".json"))
        throw std::runtime_error("webhook: template: there is no " + name + ".json.mustache in '" + settings.templates +
                                 "'; expected slack, generic or one of your own");
    return std::move(templates).value();
}

/// Where the server's name ends. A webhook's path and query are a secret as often as not: the client, whose messages name its
/// server, never hears of them.
std::size_t end_of_server(const std::string& url) { return std::min(url.find_first_of("/?", url.find("://") + 3), url.size()); }

/// What a webhook is posted to: path and query as they were given.
std::string target_of(const std::string& url) {
    const std::string target = url.substr(end_of_server(url));
    return target.starts_with('/') ? target : "/" + target;
}

HttpClientSettings client_settings(const AlertSettings& settings, const std::string& text) {
    HttpClientSettings client;
    const bool webhook = settings.receiver == AlertReceiver::webhook;
    auto url = parse_http_url(webhook ? text.substr(0, end_of_server(text)) : text);
    if (!url) throw std::runtime_error(url.error().message);
    client.urls.push_back(std::move(url).value());
    client.login = settings.login;
    client.request_timeout = settings.request_timeout;
    client.connect_timeout = std::min(client.connect_timeout, settings.request_timeout);
    client.max_response_bytes = 1 << 20;
    return client;
}

}  // namespace

AlertWriter::AlertWriter(asio::io_context& io, AlertSettings settings, Outbox& outbox, Telemetry& telemetry,
                         RetrySchedule schedule)
    : settings_(std::move(settings)),
      name_(settings_.receiver == AlertReceiver::alertmanager ? "alertmanager" : "webhook"),
      receiver_(receiver_of(name_, settings_.urls.front())),
      templates_(load_templates(settings_)),
      outbox_(outbox),
      telemetry_(telemetry),
      schedule_(schedule),
      strand_(asio::make_strand(io)),
      timer_(strand_),
      chance_(std::random_device{}()),
      desk_(settings_.rules, told_before(outbox, receiver_)) {
    for (const std::string& url : settings_.urls)
        clients_.push_back(std::make_unique<HttpClient>(client_settings(settings_, url)));
}

void AlertWriter::start() {
    asio::co_spawn(
        strand_, [self = shared_from_this()] { return self->run(); }, asio::detached);
}

void AlertWriter::offer(const std::vector<IncidentDocument>& revisions) {
    std::size_t turned_away = 0;
    {
        std::lock_guard lock(mutex_);
        for (const IncidentDocument& document : revisions) turned_away += desk_.offer(document, now()) ? 0 : 1;
    }
    if (turned_away == 0) return;
    spdlog::warn("{}: {} incidents at once, no alert for {} of them; the page shows them", name_, settings_.rules.limit,
                 turned_away);
    telemetry_.sink_documents(name_, "rejected", turned_away);
}

std::size_t AlertWriter::pending() const {
    std::lock_guard lock(mutex_);
    return pending_;
}

SinkHealth AlertWriter::health() const {
    std::lock_guard lock(mutex_);
    return {trouble_.empty(), trouble_.empty() ? "ok" : trouble_};
}

void AlertWriter::stop() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    asio::post(strand_, [self = shared_from_this()] {
        for (const auto& client : self->clients_) client->close();
        self->timer_.cancel();
    });
}

bool AlertWriter::stopping() const {
    std::lock_guard lock(mutex_);
    return stopping_;
}

void AlertWriter::trouble(std::string what) {
    std::lock_guard lock(mutex_);
    trouble_ = std::move(what);
}

asio::awaitable<void> AlertWriter::run() {
    unsigned failures = 0;
    auto forgotten = std::chrono::steady_clock::now();
    while (!stopping()) {
        std::vector<Notice> notices = due();
        Outcome outcome = Outcome::arrived;
        if (!notices.empty() && !write_down(notices, false)) {
            outcome = Outcome::failed;
        } else if (!notices.empty()) {
            outcome = co_await tell(notices);
        }
        if (outcome == Outcome::failed) {
            ++failures;
            co_await pause(schedule_.after(failures, std::uniform_real_distribution<double>(0, 1)(chance_)));
            continue;
        }
        if (!notices.empty() || failures > 0) trouble({});
        failures = 0;
        if (std::chrono::steady_clock::now() - forgotten > std::chrono::hours{1}) {
            forgotten = std::chrono::steady_clock::now();
            if (const auto done = outbox_.forget(receiver_, now() - kRemembered); !done) spdlog::warn("{}", done.error().message);
            std::lock_guard lock(mutex_);
            desk_.forget(now() - kRemembered);
        }
        co_await pause(kTick);
    }
}

std::vector<Notice> AlertWriter::due() {
    std::vector<Notice> notices;
    {
        std::lock_guard lock(mutex_);
        notices = desk_.due(now());
        pending_ = notices.size();
    }
    telemetry_.sink_pending(name_, notices.size());
    return notices;
}

/// Into the outbox, and once they arrived also to the desk. False when the outbox cannot take them: then nothing is sent either.
bool AlertWriter::write_down(std::vector<Notice>& notices, bool delivered) {
    std::vector<Told> told;
    for (Notice& notice : notices) {
        notice.told.delivered = delivered;
        told.push_back(notice.told);
    }
    const auto done = outbox_.put(receiver_, told);
    if (!done) trouble(done.error().message + "; retrying");
    if (done && delivered) {
        std::lock_guard lock(mutex_);
        for (const Notice& notice : notices) desk_.delivered(notice);
        pending_ -= std::min(pending_, notices.size());
    }
    return done.ok();
}

/// The worst outcome. What arrived, or never will, is written down as it goes.
asio::awaitable<AlertWriter::Outcome> AlertWriter::tell(const std::vector<Notice>& notices) {
    if (settings_.receiver == AlertReceiver::alertmanager) {
        const Outcome outcome = co_await tell_alertmanagers(notices);
        std::vector<Notice> all = notices;
        if (outcome != Outcome::failed && !write_down(all, true)) co_return Outcome::failed;
        co_return outcome;
    }
    for (const Notice& notice : notices) {
        const Outcome outcome = co_await tell_webhook(notice);
        if (outcome == Outcome::failed) co_return outcome;
        std::vector<Notice> one{notice};
        if (!write_down(one, true)) co_return Outcome::failed;
    }
    co_return Outcome::arrived;
}

/// Each of a cluster is told: they do not pass alerts on to one another. One that took them is enough for now; the others hear
/// of them with the next repeat.
asio::awaitable<AlertWriter::Outcome> AlertWriter::tell_alertmanagers(const std::vector<Notice>& notices) {
    const std::string body = alertmanager_body(notices, settings_.links, now(), settings_.rules.repeat * kValidRepeats);
    Outcome best = Outcome::failed;
    for (const auto& client : clients_) {
        HttpRequest request;
        request.target = "/api/v2/alerts";
        request.body = body;
        best = std::min(best, co_await post(*client, std::move(request)));
    }
    co_return best;
}

asio::awaitable<AlertWriter::Outcome> AlertWriter::tell_webhook(const Notice& notice) {
    const auto body = webhook_body(notice, settings_.template_name, templates_, settings_.links, now());
    if (!body) {
        spdlog::error("{}: no message for incident {}: {}", name_, notice.told.incident, body.error().message);
        telemetry_.sink_documents(name_, "rejected", 1);
        co_return Outcome::refused;
    }
    HttpRequest request;
    request.target = target_of(settings_.urls.front());
    request.body = body.value();
    request.headers = {{"Idempotency-Key", notice.key()}};
    co_return co_await post(*clients_.front(), std::move(request));
}

asio::awaitable<AlertWriter::Outcome> AlertWriter::post(HttpClient& client, HttpRequest request) {
    const auto begin = std::chrono::steady_clock::now();
    const auto response = co_await client.send(request);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    const int status = response.ok() ? response.value().status : 0;
    if (status >= 200 && status < 300) {
        telemetry_.sink_request(name_, "ok", seconds);
        telemetry_.sink_documents(name_, "written", 1);
        co_return Outcome::arrived;
    }
    const bool for_now = status == 0 || status == 408 || status == 429 || status >= 500;
    telemetry_.sink_request(name_, for_now ? "retry" : "stop", seconds);
    const std::string what = status == 0 ? response.error().message : "answers " + std::to_string(status);
    trouble(what + (for_now ? "; retrying" : ""));
    if (for_now) co_return Outcome::failed;
    spdlog::error("{} refuses an alert: {} {}", name_, what, response.value().body.substr(0, 300));
    telemetry_.sink_documents(name_, "rejected", 1);
    co_return Outcome::refused;
}

asio::awaitable<void> AlertWriter::pause(std::chrono::milliseconds wait) {
    boost::system::error_code ignored;
    if (stopping()) co_return;
    timer_.expires_after(wait);
    co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

}  // namespace culprit
