#include "matchers/decoding/cloud_postgresql.h"

#include <charconv>

#include "matchers/decoding/postgresql_labels.h"
#include "matchers/decoding/timestamp.h"

namespace culprit::json {
namespace {

std::string text_at(Object object, std::string_view key) {
    const auto element = find(object, key);
    if (!element) return {};
    return scalar_text(*element).value_or(std::string{});
}

std::optional<std::int64_t> integer_at(Object object, std::string_view key) {
    const auto text = text_at(object, key);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

void take_time(DecodedJson& decoded, Object object, std::initializer_list<std::string_view> paths,
               std::optional<EventTime> near) {
    for (const auto path : paths) {
        if (decoded.record.time) return;
        decoded.record.time = parse_timestamp(text_at(object, path), near);
        decoded.record.time_is_own = decoded.record.time.has_value();
    }
}

/// What a collector calls the fields that each of them has; empty for those that it lacks.
struct FieldNames {
    std::string_view severity, pid, session_id, line_number, user, database, application_name, sqlstate;
};
constexpr FieldNames kCloudNativePg{"error_severity", "process_id",    "session_id",       "session_line_num",
                                    "user_name",      "database_name", "application_name", "sql_state_code"};
constexpr FieldNames kAzure{"errorLevel", "processId", "sessionId", {}, "user", "dbName", "appName", "sqlerrcode"};

/// Who wrote it: session, severity and code.
DecodedJson head_of(Object inner, const FieldNames& names) {
    DecodedJson decoded;
    Record& record = decoded.record;
    record.side = Side::server;
    PostgresqlContext context;
    context.severity = text_at(inner, names.severity);
    context.pid = integer_at(inner, names.pid);
    context.session_id = text_at(inner, names.session_id);
    if (!names.line_number.empty()) context.line_number = integer_at(inner, names.line_number);
    context.user = text_at(inner, names.user);
    context.database = text_at(inner, names.database);
    context.application_name = text_at(inner, names.application_name);
    context.backend_type = text_at(inner, "backend_type");
    record.level = level_of_severity(context.severity);
    record.scope.database = context.database;
    if (auto state = text_at(inner, names.sqlstate); has_sqlstate_form(state) && state != "00000")
        record.sqlstate = std::move(state);
    record.postgresql = std::move(context);
    return decoded;
}

DecodedJson cloud_native_pg(Object outer, Object inner, std::optional<EventTime> near) {
    DecodedJson decoded = head_of(inner, kCloudNativePg);
    Record& record = decoded.record;
    record.format = "csvlog";
    record.scope.host = text_at(outer, "logging_pod");
    record.message = text_at(inner, "message");
    record.detail = text_at(inner, "detail");
    record.hint = text_at(inner, "hint");
    record.context = text_at(inner, "context");
    record.statement = text_at(inner, "query");
    take_time(decoded, inner, {"log_time"}, near);
    take_time(decoded, outer, {"ts"}, near);
    return decoded;
}

DecodedJson azure(Object outer, Object inner, std::optional<EventTime> near) {
    DecodedJson decoded = head_of(inner, kAzure);
    Record& record = decoded.record;
    record.format = "stderr";
    record.scope.host = text_at(outer, "LogicalServerName");
    if (record.scope.host.empty()) {
        const auto resource = text_at(outer, "resourceId");
        record.scope.host = resource.substr(resource.rfind('/') + 1);
    }
    // The message comes with the line's prefix and its label in front: `2026-11-20 12:25:20 UTC-673d.1-ERROR:  duplicate key …`.
    std::string_view message = string_at(inner, "message").value_or(std::string_view{});
    for (std::size_t at = 0; at < std::min<std::size_t>(message.size(), 200); ++at) {
        const auto label = label_at_start(message.substr(at));
        if (!label || label->part != EntryPart::message) continue;
        if (record.level.empty()) record.level = label->level;
        message.remove_prefix(at + label->length);
        break;
    }
    record.message = without_position(message);
    if (record.message.size() != message.size()) record.fields.emplace("cursor_position", "given");
    std::string_view detail = string_at(inner, "detail").value_or(std::string_view{});
    if (const auto label = label_at_start(detail); label && label->part == EntryPart::detail) detail.remove_prefix(label->length);
    record.detail = detail;
    record.context = text_at(inner, "context");
    record.statement = text_at(inner, "statement");
    record.schema = text_at(inner, "schemaName");
    record.table = text_at(inner, "tableName");
    record.column = text_at(inner, "columnName");
    record.constraint = text_at(inner, "constraintName");
    take_time(decoded, inner, {"timestamp"}, near);
    take_time(decoded, outer, {"time"}, near);
    return decoded;
}

}  // namespace

std::optional<DecodedJson> decode_cloud_postgresql(Object object, std::optional<EventTime> near) {
    if (const auto record = object_at(object, "record");
        record && string_at(*record, "error_severity") && string_at(*record, "message"))
        return cloud_native_pg(object, *record, near);
    if (const auto properties = object_at(object, "properties");
        properties && string_at(*properties, "errorLevel") && string_at(*properties, "message"))
        return azure(object, *properties, near);
    return {};
}

}  // namespace culprit::json
