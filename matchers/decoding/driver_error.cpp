#include "matchers/decoding/driver_error.h"

#include <array>

#include "matchers/decoding/postgresql_labels.h"

namespace culprit::json {
namespace {

constexpr int kDeepest = 6;
constexpr std::size_t kMostText = 256 * 1024;

using Names = std::initializer_list<std::string_view>;

void take(std::string& into, const Members& error, Names names) {
    if (into.empty()) into = first_scalar(error, names);
}

std::string sqlstate_of(const Members& error, bool bare_code) {
    for (const std::string_view name : {"sqlState", "sqlstate", "sql_state", "SQLState", "SqlState", "pgcode", "pg_code",
                                        "state_code", "SQLSTATE", "db.response.status_code"}) {
        if (const auto text = string_at(error, name); text && is_sqlstate(*text)) return std::string{*text};
    }
    if (bare_code) {
        for (const std::string_view name : {"code", "originalCode", "Code"}) {
            if (const auto text = string_at(error, name); text && is_sqlstate(*text)) return std::string{*text};
        }
    }
    return {};
}

/// Prisma names a model, and a model's table may have another name: it has the model's where the constraint is named after the
/// model, as Prisma names them (`Driver_pkey`, `Driver_license_key`).
void take_prisma_table(Record& record, const Members& meta) {
    const auto model = string_at(meta, "modelName");
    const auto message = string_at(meta, "driverAdapterError.cause.originalMessage");
    if (!model || !message || !record.table.empty()) return;
    std::string columns;
    simdjson::dom::array fields;
    if (const auto list = find(meta, "driverAdapterError.cause.constraint.fields");
        list && list->get(fields) == simdjson::SUCCESS) {
        for (const Element field : fields) {
            if (const auto name = scalar_text(field)) columns += *name + '_';
        }
    }
    const std::string quoted = "unique constraint \"" + std::string{*model} + '_';
    if (message->ends_with(quoted + "pkey\"") || message->ends_with(quoted + columns + "key\"")) record.table = *model;
}

void descend(Record& record, Object object, bool bare_code, int depth) {
    const Members error(object);
    std::string sqlstate = sqlstate_of(error, bare_code);
    const bool is_database_error = !sqlstate.empty();
    if (record.sqlstate.empty()) record.sqlstate = std::move(sqlstate);
    // Names such as `table` and `column` mean the database's only where the object is the database's error.
    if (is_database_error || find(error, "constraint") || find(error, "constraint_name")) {
        take(record.constraint, error,
             {"constraint", "constraint_name", "constraintName", "ConstraintName", "meta.constraint", "constraint.index"});
        take(record.table, error, {"table", "table_name", "tableName", "TableName"});
        take(record.schema, error, {"schema", "schema_name", "schemaName", "SchemaName"});
        take(record.column, error, {"column", "column_name", "columnName", "ColumnName"});
        take(record.data_type, error, {"dataType", "data_type", "dataTypeName", "DataTypeName"});
        take(record.detail, error, {"detail", "Detail"});
        take(record.hint, error, {"hint", "Hint"});
        take(record.context, error, {"where", "Where"});
    }
    take_prisma_table(record, error);
    take(record.statement, error, {"sql", "statement", "query", "db.statement", "db.query.text"});
    if (depth == kDeepest) return;
    for (const auto member : object) {
        Object inner;
        simdjson::dom::array list;
        if (member.value.get(inner) == simdjson::SUCCESS) {
            descend(record, inner, bare_code, depth + 1);
        } else if (member.value.get(list) == simdjson::SUCCESS) {
            for (const Element element : list) {
                if (element.get(inner) == simdjson::SUCCESS) descend(record, inner, bare_code, depth + 1);
            }
        }
    }
}

void append(std::string& text, std::string_view line) {
    if (line.empty() || text.size() > kMostText || text.find(line) != text.npos) return;
    if (!text.empty()) text += '\n';
    text += line;
}

void append_texts(std::string& text, Element error, int depth) {
    std::string_view line;
    Object object;
    simdjson::dom::array list;
    if (error.get(line) == simdjson::SUCCESS) return append(text, line);
    if (depth == kDeepest) return;
    if (error.get(list) == simdjson::SUCCESS) {
        for (const Element element : list) append_texts(text, element, depth + 1);
        return;
    }
    if (error.get(object) != simdjson::SUCCESS) return;
    for (const std::string_view name :
         {"message", "msg", "originalMessage", "exception_message", "exceptionMessage", "error", "description", "detail", "stack",
          "stack_trace", "stacktrace", "stackTrace", "extendedStackTrace", "traceback", "exc_value", "value"}) {
        if (const auto element = find(object, name)) append_texts(text, *element, depth + 1);
    }
    for (const auto member : object) {
        Object inner;
        if (member.value.get(inner) == simdjson::SUCCESS || member.value.get(list) == simdjson::SUCCESS)
            append_texts(text, member.value, depth + 1);
    }
}

}  // namespace

void take_driver_error(Record& record, Object error, bool bare_code) { descend(record, error, bare_code, 0); }

void append_error_text(std::string& text, Element error) { append_texts(text, error, 0); }

}  // namespace culprit::json
