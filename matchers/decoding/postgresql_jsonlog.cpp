#include "matchers/decoding/postgresql_jsonlog.h"

#include "matchers/decoding/postgresql_labels.h"
#include "matchers/decoding/timestamp.h"

namespace culprit::json {
namespace {

std::string text_at(Object object, std::string_view key) {
    const auto text = string_at(object, key);
    return text ? std::string{*text} : std::string{};
}

std::optional<std::int64_t> integer_at(Object object, std::string_view key) {
    const auto element = find(object, key);
    std::int64_t value = 0;
    if (!element || element->get(value) != simdjson::SUCCESS) return {};
    return value;
}

}  // namespace

bool is_postgresql_jsonlog(Object object) {
    return string_at(object, "error_severity") &&
           (find(object, "pid") || find(object, "backend_type") || find(object, "session_id"));
}

DecodedJson decode_postgresql_jsonlog(Object object, std::optional<EventTime> near) {
    DecodedJson decoded;
    Record& record = decoded.record;
    record.side = Side::server;
    record.format = "jsonlog";
    PostgresqlContext context;
    context.severity = text_at(object, "error_severity");
    context.pid = integer_at(object, "pid");
    context.session_id = text_at(object, "session_id");
    context.line_number = integer_at(object, "line_num");
    context.user = text_at(object, "user");
    context.database = text_at(object, "dbname");
    context.application_name = text_at(object, "application_name");
    context.backend_type = text_at(object, "backend_type");
    record.level = level_of_severity(context.severity);
    record.scope.database = context.database;
    if (auto state = text_at(object, "state_code"); has_sqlstate_form(state) && state != "00000")
        record.sqlstate = std::move(state);
    if (const auto message = string_at(object, "message")) {
        record.message = *message;
        decoded.empty_message = message->empty();
    }
    record.detail = text_at(object, "detail");
    record.hint = text_at(object, "hint");
    record.context = text_at(object, "context");
    record.statement = text_at(object, "statement");
    if (const auto time = string_at(object, "timestamp")) {
        record.time = parse_timestamp(*time, near);
        record.time_is_own = record.time.has_value();
        decoded.unknown_timestamp = !record.time;
    }
    record.postgresql = std::move(context);
    return decoded;
}

}  // namespace culprit::json
