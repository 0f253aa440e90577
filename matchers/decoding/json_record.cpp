#include "matchers/decoding/json_record.h"

#include <algorithm>
#include <array>

#include "matchers/decoding/cloud_postgresql.h"
#include "matchers/decoding/driver_error.h"
#include "matchers/decoding/json_access.h"
#include "matchers/decoding/level.h"
#include "matchers/decoding/postgresql_jsonlog.h"
#include "matchers/decoding/timestamp.h"

namespace culprit {
namespace {

using json::Element;
using json::Members;
using json::Object;

constexpr std::array kTimes = std::to_array<std::string_view>(
    {"@timestamp", "timestamp", "time", "ts", "asctime", "datetime", "@t", "eventTime", "timeMillis", "timestamp_ms", "date", "t",
     "created",
     // events of Kubernetes, CDEvents, Sentry, GitHub and Vercel
     "lastTimestamp", "context.timestamp", "data.event.datetime", "data.issue.lastSeen", "deployment_status.created_at",
     "workflow_run.updated_at", "head_commit.timestamp", "pull_request.merged_at", "createdAt",
     // and GitLab
     "status_changed_at", "build_finished_at", "build_started_at", "object_attributes.finished_at"});
// Names that always mean the record's own time: a value that cannot be understood there is an error and not something else.
constexpr std::size_t kCertainTimes = 7;

constexpr std::array kMessages = std::to_array<std::string_view>(
    {"message", "msg", "fields.message", "@m", "@mt", "event", "short_message", "body", "textPayload", "log"});
constexpr std::array kLevels =
    std::to_array<std::string_view>({"level", "levelname", "log.level", "severity", "loglevel", "log_level", "lvl", "level_name",
                                     "@l", "severity_text", "levelName"});
constexpr std::array kLoggers = std::to_array<std::string_view>(
    {"logger", "logger_name", "log.logger", "loggerName", "target", "channel", "category", "SourceContext"});
constexpr std::array kServices =
    std::to_array<std::string_view>({"service.name", "service", "serviceName", "service_name", "app", "application", "app_name",
                                     "dd.service", "resource.service.name"});
constexpr std::array kEnvironments = std::to_array<std::string_view>(
    {"service.environment", "environment", "env", "deployment.environment", "deployment.environment.name", "dd.env", "stage"});
constexpr std::array kReleases =
    std::to_array<std::string_view>({"service.version", "release", "version", "app_version", "dd.version"});
constexpr std::array kHosts =
    std::to_array<std::string_view>({"host.name", "host.hostname", "hostname", "host", "source_host", "server"});
constexpr std::array kDatabases = std::to_array<std::string_view>({"db.name", "db.namespace", "database", "dbname"});
constexpr std::array kUsers = std::to_array<std::string_view>(
    {"user.id", "user_id", "userId", "enduser.id", "usr.id", "user.email", "user.name", "uid", "customer_id", "account_id"});
constexpr std::array kErrors = std::to_array<std::string_view>({"err",
                                                                "error",
                                                                "exception",
                                                                "exc_info",
                                                                "exc_text",
                                                                "exception.type",
                                                                "exception.message",
                                                                "exception.stacktrace",
                                                                "error.message",
                                                                "error.stack_trace",
                                                                "stack_trace",
                                                                "stacktrace",
                                                                "stack",
                                                                "traceback",
                                                                "thrown",
                                                                "errorVerbose",
                                                                "cause",
                                                                "fields.error",
                                                                "fields.err",
                                                                "@x",
                                                                "errors",
                                                                "context.exception",
                                                                "e",
                                                                "reason",
                                                                "stackTrace",
                                                                "detail"});

constexpr std::size_t kLongestField = 4096;
constexpr int kDeepestField = 8;
constexpr std::size_t kMostFields = 512;
constexpr std::size_t kMostItems = 50;  // of one list

/// log4j2's `"instant":{"epochSecond":…,"nanoOfSecond":…}`.
std::optional<EventTime> instant(const Members& object) {
    const auto second = json::find(object, "instant.epochSecond");
    const auto nano = json::find(object, "instant.nanoOfSecond");
    std::int64_t seconds = 0, nanos = 0;
    if (!second || second->get(seconds) != simdjson::SUCCESS) return {};
    if (nano && nano->get(nanos) != simdjson::SUCCESS) nanos = 0;
    const auto time = epoch_time(seconds);
    return time ? std::optional{*time + Duration{nanos / 1000}} : std::nullopt;
}

void take_time(DecodedJson& decoded, const Members& object, std::optional<EventTime> near) {
    auto time = instant(object);
    bool misunderstood = false;
    for (std::size_t i = 0; i < kTimes.size() && !time; ++i) {
        const auto element = json::find(object, kTimes[i]);
        if (!element) continue;
        std::string_view text;
        std::int64_t whole = 0;
        double number = 0;
        if (element->get(text) == simdjson::SUCCESS) {
            time = parse_timestamp(text, near);
            misunderstood = misunderstood || (!time && !text.empty() && i < kCertainTimes);
        } else if (element->get(whole) == simdjson::SUCCESS) {
            time = epoch_time(whole);
        } else if (element->get(number) == simdjson::SUCCESS) {
            time = epoch_time(number);
        }
    }
    decoded.record.time = time;
    decoded.record.time_is_own = time.has_value();
    decoded.unknown_timestamp = !time && misunderstood;
}

void take_level(Record& record, const Members& object, bool& numeric) {
    for (const auto name : kLevels) {
        const auto element = json::find(object, name);
        if (!element) continue;
        std::string_view text;
        std::int64_t number = 0;
        if (element->get(text) == simdjson::SUCCESS) {
            record.level = normalized_level(text);
        } else if (element->get(number) == simdjson::SUCCESS) {
            record.level = level_of_number(number);
            numeric = true;
        }
        if (!record.level.empty()) return;
    }
}

/// Addresses of pages for people; the others are of an API.
bool leads_somewhere(std::string_view key) {
    static constexpr std::array kPages = std::to_array<std::string_view>(
        {"html_url", "web_url", "target_url", "log_url", "commit_url", "deployable_url", "full_url"});
    const std::string_view name = key.substr(key.rfind('.') + 1);
    return std::find(kPages.begin(), kPages.end(), name) != kPages.end() && key.find("sender.") == key.npos &&
           key.find(".owner.") == key.npos && key.find(".creator.") == key.npos && key.find(".user.") == key.npos;
}

void take_field(Record& record, Element value, const std::string& key, int depth) {
    if (record.fields.size() >= kMostFields || depth > kDeepestField) return;
    Object inner;
    simdjson::dom::array items;
    if (value.get(inner) == simdjson::SUCCESS) {
        for (const auto member : inner) take_field(record, member.value, key + '.' + std::string{member.key}, depth + 1);
    } else if (value.get(items) == simdjson::SUCCESS) {
        std::size_t index = 0;
        for (const auto item : items) {
            if (index == kMostItems) return;
            take_field(record, item, key + '.' + std::to_string(index++), depth + 1);
        }
    } else if (key.ends_with("_url") && !leads_somewhere(key)) {
        return;  // half of what GitHub sends
    } else if (auto text = json::scalar_text(value); text && text->size() <= kLongestField) {
        record.fields.emplace(key, std::move(*text));
    }
}

/// All scalars under dotted keys (`commits.0.added.1`), but for the long texts: deployment events are recognised from them.
void take_fields(Record& record, Object object) {
    for (const auto member : object) take_field(record, member.value, std::string{member.key}, 0);
}

void take_scope(Record& record, const Members& object, bool numeric_level) {
    record.scope.service = json::first_scalar(object, kServices);
    record.scope.environment = json::first_scalar(object, kEnvironments);
    record.scope.release = json::first_scalar(object, kReleases);
    record.scope.host = json::first_scalar(object, kHosts);
    record.scope.database = json::first_scalar(object, kDatabases);
    record.user = json::first_scalar(object, kUsers);
    record.logger = json::first_scalar(object, kLoggers);
    const auto name = json::string_at(object, "name");
    if (!name) return;
    // pino and bunyan (numeric levels) call the application `name`; Python's loggers call themselves so.
    if (numeric_level && record.scope.service.empty())
        record.scope.service = *name;
    else if (!numeric_level && record.logger.empty())
        record.logger = *name;
}

/// A harmless record may hold five characters called `code`; an error's are its SQLSTATE.
bool is_error(const Record& record, const Members& object) {
    static constexpr std::array kBad = std::to_array<std::string_view>({"warning", "error", "critical", "fatal", "panic"});
    if (!record.level.empty()) return std::find(kBad.begin(), kBad.end(), record.level) != kBad.end();
    for (const std::string_view name :
         {"err", "error", "exception", "severity", "constraint", "constraint_name", "detail", "routine", "stack"}) {
        if (json::find(object, name)) return true;
    }
    return false;
}

DecodedJson decode_application(const Members& object, std::optional<EventTime> near) {
    DecodedJson decoded;
    Record& record = decoded.record;
    record.format = "json";
    take_time(decoded, object, near);
    bool numeric_level = false;
    take_level(record, object, numeric_level);
    take_scope(record, object, numeric_level);
    bool has_message = false;
    for (const auto name : kMessages) {
        const auto text = json::string_at(object, name);
        if (!text) continue;
        has_message = true;
        record.message = *text;
        if (!record.message.empty()) break;
    }
    decoded.empty_message = has_message && record.message.empty();

    json::take_driver_error(record, object.object(), is_error(record, object));
    for (const auto name : kErrors) {
        if (const auto error = json::find(object, name)) json::append_error_text(record.message, *error);
    }
    take_fields(record, object.object());
    return decoded;
}

}  // namespace

struct JsonDecoder::Parser {
    simdjson::dom::parser json;
};

JsonDecoder::JsonDecoder() : parser_(std::make_unique<Parser>()) {}
JsonDecoder::~JsonDecoder() = default;
JsonDecoder::JsonDecoder(JsonDecoder&&) noexcept = default;
JsonDecoder& JsonDecoder::operator=(JsonDecoder&&) noexcept = default;

std::optional<DecodedJson> JsonDecoder::decode(std::string_view text, std::optional<EventTime> near) {
    Object object;
    if (parser_->json.parse(text.data(), text.size()).get(object) != simdjson::SUCCESS) return {};
    if (json::is_postgresql_jsonlog(object)) return json::decode_postgresql_jsonlog(object, near);
    if (auto cloud = json::decode_cloud_postgresql(object, near)) return cloud;
    return decode_application(Members(object), near);
}

}  // namespace culprit
