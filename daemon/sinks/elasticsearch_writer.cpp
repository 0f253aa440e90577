#include "daemon/sinks/elasticsearch_writer.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "daemon/sinks/bulk_request.h"
#include "daemon/sinks/index_template.h"

namespace culprit {

namespace asio = boost::asio;

namespace {

constexpr std::string_view kSink = "elasticsearch";

double seconds_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::string seconds_text(std::chrono::milliseconds wait) {
    const auto tenths = (wait.count() + 99) / 100;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

}  // namespace

ElasticsearchWriter::ElasticsearchWriter(asio::io_context& io, ElasticsearchSettings settings, HttpClientSettings client,
                                         Telemetry& telemetry, RejectedDocument rejected, RetrySchedule schedule)
    : settings_(std::move(settings)),
      telemetry_(telemetry),
      rejected_(std::move(rejected)),
      schedule_(schedule),
      strand_(asio::make_strand(io)),
      timer_(strand_),
      client_(std::move(client)),
      chance_(std::random_device{}()),
      bulk_bytes_(settings_.max_bulk_bytes) {}

void ElasticsearchWriter::start() {
    asio::co_spawn(
        strand_, [self = shared_from_this()] { return self->run(); }, asio::detached);
}

void ElasticsearchWriter::offer(const std::vector<IncidentDocument>& revisions) {
    std::size_t size = 0;
    {
        std::lock_guard lock(mutex_);
        for (const IncidentDocument& document : revisions) documents_.offer(document);
        size = documents_.size();
    }
    telemetry_.sink_pending(kSink, size);
    wake();
}

std::size_t ElasticsearchWriter::pending() const {
    std::lock_guard lock(mutex_);
    return documents_.size();
}

std::optional<std::chrono::steady_clock::time_point> ElasticsearchWriter::owed_since() const {
    std::lock_guard lock(mutex_);
    return documents_.owed_since();
}

SinkHealth ElasticsearchWriter::health() const {
    std::lock_guard lock(mutex_);
    if (trouble_.empty()) return {true, "ok"};
    std::string state = trouble_;
    if (!next_.empty()) state += ", " + next_;
    if (const std::size_t waiting = documents_.size(); waiting > 0)
        state += "; " + std::to_string(waiting) + (waiting == 1 ? " document waits" : " documents wait");
    return {false, state};
}

void ElasticsearchWriter::hurry() {
    {
        std::lock_guard lock(mutex_);
        hurried_ = true;
    }
    wake();
}

void ElasticsearchWriter::stop() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    asio::post(strand_, [self = shared_from_this()] {
        self->client_.close();
        self->timer_.cancel();
    });
}

bool ElasticsearchWriter::gave_up() const {
    std::lock_guard lock(mutex_);
    return gave_up_;
}

bool ElasticsearchWriter::stopping() const {
    std::lock_guard lock(mutex_);
    return stopping_;
}

void ElasticsearchWriter::wake() {
    asio::post(strand_, [self = shared_from_this()] { self->timer_.cancel(); });
}

void ElasticsearchWriter::trouble(std::string what) {
    std::lock_guard lock(mutex_);
    trouble_ = std::move(what);
    next_ = "retrying";
}

void ElasticsearchWriter::well() {
    std::lock_guard lock(mutex_);
    trouble_.clear();
    next_.clear();
}

asio::awaitable<void> ElasticsearchWriter::run() {
    bool template_stands = false;
    while (!stopping()) {
        Step step = Step::go_on;
        try {
            if (!template_stands) {
                step = co_await put_template(settings_.index, incident_index_template(settings_.index));
                template_stands = step == Step::go_on;
            } else {
                co_await wait_for_documents();
                step = co_await flush();
                flushed_ = std::chrono::steady_clock::now();
            }
        } catch (const std::exception& failure) {  // the dead letters could not be written, or memory ran out
            trouble(std::string("could not write: ") + failure.what());
            std::lock_guard lock(mutex_);
            documents_.give_back_all();
            step = Step::retry;
        }
        if (stopping()) break;
        if (step == Step::give_up) {
            std::lock_guard lock(mutex_);
            gave_up_ = true;
            next_.clear();
            break;
        }
        if (step == Step::go_on) {
            failures_ = 0;
            well();
            continue;
        }
        ++failures_;
        const double chance = std::uniform_real_distribution<double>(0, 1)(chance_);
        const auto wait = step == Step::retry_slowly ? schedule_.slow : schedule_.after(failures_, chance);
        {
            std::lock_guard lock(mutex_);
            next_ = "retrying in " + seconds_text(wait);
        }
        co_await pause(wait);
    }
}

/// Returns with something to send, or when stopping. Behind a bulk it gathers for the flush interval, unless the sink is draining;
/// what comes after a pause goes at once.
asio::awaitable<void> ElasticsearchWriter::wait_for_documents() {
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    const auto idle = [this] {
        std::lock_guard lock(mutex_);
        return !documents_.waiting() && !stopping_;
    };
    const auto gathering = [this] {
        std::lock_guard lock(mutex_);
        return !hurried_ && !stopping_;
    };
    // Nothing suspends between a check and its wait, and wakes come through the strand: none is lost.
    while (idle()) {
        timer_.expires_at(asio::steady_timer::time_point::max());
        co_await timer_.async_wait(token);
    }
    const auto flush_at = flushed_ + settings_.flush_interval;
    while (gathering() && std::chrono::steady_clock::now() < flush_at) {
        timer_.expires_at(flush_at);
        co_await timer_.async_wait(token);
    }
}

/// A wait that offers do not shorten; stopping does.
asio::awaitable<void> ElasticsearchWriter::pause(std::chrono::milliseconds wait) {
    boost::system::error_code ignored;
    auto token = asio::redirect_error(asio::use_awaitable, ignored);
    const auto until = std::chrono::steady_clock::now() + wait;
    while (!stopping() && std::chrono::steady_clock::now() < until) {
        timer_.expires_at(until);
        co_await timer_.async_wait(token);
    }
}

/// A template that has all that is wanted stays as it is: it may have been put by someone who may do more than this sink.
asio::awaitable<ElasticsearchWriter::Step> ElasticsearchWriter::put_template(std::string index, nlohmann::json wanted) {
    HttpRequest request;
    request.method = "GET";
    request.target = "/_index_template/" + index;
    const Result<HttpResponse> standing = co_await client_.send(request);
    if (standing.ok() && standing.value().status == 200) {
        auto update = template_update(wanted, nlohmann::json::parse(standing.value().body, nullptr, false));
        if (!update) co_return Step::go_on;
        wanted = *std::move(update);
    }
    request.method = "PUT";
    request.body = wanted.dump();
    const auto begin = std::chrono::steady_clock::now();
    const Result<HttpResponse> response = co_await client_.send(request);
    const bool ok = response.ok() && response.value().status == 200;
    telemetry_.sink_request(kSink, ok ? "ok" : "retry", seconds_since(begin));
    if (ok) co_return Step::go_on;
    if (!response.ok()) {
        trouble(response.error().message);
        co_return Step::retry;
    }
    const int status = response.value().status;
    trouble("refuses the index template '" + index + "' with " + std::to_string(status) + " " +
            error_reason(response.value().body));
    client_.prefer_next();
    co_return status == 408 || status == 429 || status >= 500 ? Step::retry : Step::retry_slowly;
}

/// Everything that waits, bulk by bulk, until one goes wrong.
asio::awaitable<ElasticsearchWriter::Step> ElasticsearchWriter::flush() {
    while (!stopping()) {
        std::vector<IncidentDocument> documents;
        {
            std::lock_guard lock(mutex_);
            documents = documents_.take(bulk_bytes_);
        }
        if (documents.empty()) co_return Step::go_on;
        std::size_t sent = 0;
        Step step = Step::go_on;
        if (!changes_template_stands_ &&
            std::ranges::find(documents, DocumentKind::change, &IncidentDocument::kind) != documents.end()) {
            const std::string index = changes_index(settings_.index);
            step = co_await put_template(index, change_index_template(index));
            changes_template_stands_ = step == Step::go_on;
        }
        while (sent < documents.size() && step == Step::go_on) {
            BulkRequest bulk = bulk_request(documents, sent, settings_.index, bulk_bytes_);
            const auto begin = documents.begin() + static_cast<std::ptrdiff_t>(sent);
            const std::vector<IncidentDocument> part(begin, begin + static_cast<std::ptrdiff_t>(bulk.documents));
            sent += bulk.documents;
            step = co_await send_bulk(part, std::move(bulk.body));
        }
        give_back({documents.begin() + static_cast<std::ptrdiff_t>(sent), documents.end()});
        telemetry_.sink_pending(kSink, pending());
        if (step != Step::go_on) co_return step;
    }
    co_return Step::go_on;
}

asio::awaitable<ElasticsearchWriter::Step> ElasticsearchWriter::send_bulk(std::vector<IncidentDocument> documents,
                                                                          std::string body) {
    HttpRequest request;
    // Of the answer only what is judged: it is as large as the bulk's reasons, not as the documents.
    request.target = "/_bulk?filter_path=errors,error,status,items.*.status,items.*.error";
    request.content_type = "application/x-ndjson";
    request.body = std::move(body);
    request.compress = true;
    const auto begin = std::chrono::steady_clock::now();
    const Result<HttpResponse> response = co_await client_.send(request);
    const double seconds = seconds_since(begin);
    if (!response.ok()) {
        telemetry_.sink_request(kSink, "retry", seconds);
        give_back(documents);
        trouble(response.error().message);
        co_return Step::retry;
    }

    std::vector<std::int64_t> versions;
    for (const IncidentDocument& document : documents) versions.push_back(document.version);
    const BulkVerdict verdict = judge_bulk_response(response.value().status, response.value().body, versions);
    if (verdict.outcome == BulkOutcome::items) {
        bulk_bytes_ = std::min(settings_.max_bulk_bytes, bulk_bytes_ + settings_.max_bulk_bytes / 64 + 1);  // see `split` below
        co_return settle_items(documents, verdict, seconds);
    }
    if (verdict.outcome == BulkOutcome::split && documents.size() == 1) {
        telemetry_.sink_request(kSink, "dead_letter", seconds);
        reject(documents.front(), verdict.reason);
        co_return Step::go_on;
    }
    telemetry_.sink_request(kSink, "retry", seconds);
    give_back(documents);
    if (verdict.outcome == BulkOutcome::split) {
        // Halving finds the server's limit, or the one document that is to blame, in few steps. A bulk's least size is one
        // document. It grows again by small steps with each bulk that goes through.
        bulk_bytes_ = std::min(bulk_bytes_, request.body.size()) / 2;
        co_return Step::go_on;
    }
    trouble("answers a bulk with " + verdict.reason);
    client_.prefer_next();
    co_return verdict.outcome == BulkOutcome::retry ? Step::retry : Step::retry_slowly;
}

ElasticsearchWriter::Step ElasticsearchWriter::settle_items(const std::vector<IncidentDocument>& documents,
                                                            const BulkVerdict& verdict, double seconds) {
    Step step = Step::go_on;
    std::size_t written = 0, unchanged = 0;
    std::string outcome = "ok";
    const auto worsen = [&](Step to, std::string what, const char* as) {
        if (static_cast<int>(to) <= static_cast<int>(step)) return;
        step = to;
        outcome = as;
        trouble(std::move(what));
    };
    for (std::size_t at = 0; at < documents.size(); ++at) {
        const IncidentDocument& document = documents[at];
        const ItemVerdict& item = verdict.items[at];
        switch (item.verdict) {
            case Verdict::written:
                ++written;
                settle(document.id);
                break;
            case Verdict::unchanged:
                ++unchanged;
                settle(document.id);
                break;
            case Verdict::dead_letter:
                if (outcome == "ok") outcome = "dead_letter";
                reject(document, item.reason);
                break;
            case Verdict::retry:
                give_back({document});
                worsen(Step::retry, "cannot take documents now: " + item.reason, "retry");
                break;
            case Verdict::retry_slowly:
                give_back({document});
                worsen(Step::retry_slowly, "refuses documents: " + item.reason, "retry");
                break;
            case Verdict::stop:
                give_back({document});
                worsen(Step::give_up, "a writer of a later epoch has taken over, this one has stopped: " + item.reason, "stop");
                break;
        }
    }
    telemetry_.sink_documents(kSink, "written", written);
    telemetry_.sink_documents(kSink, "unchanged", unchanged);
    telemetry_.sink_request(kSink, outcome, seconds);
    return step;
}

void ElasticsearchWriter::reject(const IncidentDocument& document, const std::string& reason) {
    rejected_(document, reason);
    telemetry_.sink_documents(kSink, "rejected", 1);
    settle(document.id);
}

void ElasticsearchWriter::settle(const std::string& id) {
    std::lock_guard lock(mutex_);
    documents_.settle(id);
}

void ElasticsearchWriter::give_back(const std::vector<IncidentDocument>& documents) {
    std::lock_guard lock(mutex_);
    for (const IncidentDocument& document : documents) documents_.give_back(document.id);
}

}  // namespace culprit
