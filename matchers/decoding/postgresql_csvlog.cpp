#include "matchers/decoding/postgresql_csvlog.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <string>
#include <vector>

#include "matchers/decoding/postgresql_labels.h"
#include "matchers/decoding/timestamp.h"

namespace culprit {
namespace {

enum Column {
    log_time,
    user_name,
    database_name,
    process_id,
    connection_from,
    session_id,
    session_line_num,
    command_tag,
    session_start_time,
    virtual_transaction_id,
    transaction_id,
    error_severity,
    sql_state_code,
    message,
    detail,
    hint,
    internal_query,
    internal_query_pos,
    context,
    query,
    query_pos,
    location,
    application_name,
    backend_type
};

/// What is sure of a statement that was cut: not its last word.
std::string without_last_word(std::string text) {
    const auto is_part = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || (c & 0x80) != 0 || std::strchr("_$.\"", c);
    };
    while (!text.empty() && is_part(text.back())) text.pop_back();
    if (std::count(text.begin(), text.end(), '"') % 2 != 0) text.resize(text.rfind('"'));  // within a quoted name
    return text;
}

constexpr std::size_t kMostColumns = 32;  // newer servers may add some behind those known here

/// RFC 4180 fields; empty when a quote is out of place. Of a record that was cut, the last field may lack its closing quote.
std::vector<std::string> split(std::string_view text, bool cut) {
    std::vector<std::string> fields;
    std::size_t at = 0;
    while (fields.size() < kMostColumns) {
        std::string field;
        if (at < text.size() && text[at] == '"') {
            for (++at;; ++at) {
                const std::size_t quote = text.find('"', at);
                if (quote == text.npos && cut) {
                    field += text.substr(std::min(at, text.size()));
                    at = text.size();
                    break;
                }
                if (quote == text.npos) return {};
                field += text.substr(at, quote - at);
                at = quote + 1;
                if (at >= text.size() || text[at] != '"') break;
                field += '"';
            }
        } else {
            const std::size_t end = std::min(text.find(',', at), text.size());
            field = text.substr(at, end - at);
            if (field.find('"') != field.npos) return {};
            at = end;
        }
        fields.push_back(std::move(field));
        if (at == text.size()) return fields;
        if (text[at] != ',') return {};
        ++at;
    }
    return {};
}

std::optional<std::int64_t> integer(std::string_view digits) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size()) return {};
    return value;
}

/// Passes over `"…"` or nothing, and the comma behind it.
bool skip_name(std::string_view& rest) {
    if (rest.starts_with('"')) {
        std::size_t quote = rest.find('"', 1);
        while (quote != rest.npos && quote + 1 < rest.size() && rest[quote + 1] == '"') quote = rest.find('"', quote + 2);
        if (quote == rest.npos) return rest.size() > 1 && rest[1] != '"' && (rest = {}, true);  // a line break in a name
        rest.remove_prefix(quote + 1);
    }
    if (!rest.starts_with(',')) return false;
    rest.remove_prefix(1);
    return true;
}

}  // namespace

CsvlogBeginning csvlog_beginning(std::string_view line) {
    if (line.size() < 28 || line[0] < '0' || line[0] > '9' || line[4] != '-' || line[10] != ' ' || line[19] != '.')
        return CsvlogBeginning::none;
    const std::size_t comma = line.find(',', 20);
    if (comma == line.npos || comma > 40 || line.substr(20, comma - 20).find('"') != line.npos) return CsvlogBeginning::none;
    std::string_view rest = line.substr(comma + 1);
    const CsvlogBeginning kind =
        rest.starts_with('"') || rest.starts_with(",\"") ? CsvlogBeginning::with_names : CsvlogBeginning::without_names;
    for (int name = 0; name < 2; ++name) {
        if (!skip_name(rest)) return CsvlogBeginning::none;
        if (rest.empty()) return kind;
    }
    const auto digits = std::find_if_not(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits != rest.end() && *digits == ',' ? kind : CsvlogBeginning::none;
}

void CsvlogQuotes::take(std::string_view line) {
    if (std::count(line.begin(), line.end(), '"') % 2 != 0) inside_ = !inside_;
}

std::optional<Record> decode_csvlog(std::string_view text, std::optional<EventTime> near, bool cut) {
    while (text.ends_with('\r')) text.remove_suffix(1);
    std::vector<std::string> fields = split(text, cut);
    if (fields.size() <= (cut ? message : application_name)) return {};
    if (cut) {
        std::string& last = fields.back();
        if (fields.size() == query + 1) last = without_last_word(std::move(last));
        if (fields.size() == context + 1 || fields.size() > query + 1) last.clear();
    }
    if (fields.size() <= application_name) fields.resize(application_name + 1);
    const auto time = leading_timestamp(fields[log_time], near);
    if (fields[error_severity].empty() || (!fields[sql_state_code].empty() && !has_sqlstate_form(fields[sql_state_code])))
        return {};

    Record record;
    record.side = Side::server;
    record.format = "csvlog";
    if (time && time->dated) {
        record.time = time->time;
        record.time_is_own = true;
    }
    const std::string_view level = level_of_severity(fields[error_severity]);
    record.level = level;
    if (fields[sql_state_code] != "00000") record.sqlstate = std::move(fields[sql_state_code]);
    record.message = std::move(fields[message]);
    record.detail = std::move(fields[detail]);
    record.hint = std::move(fields[hint]);
    record.context = std::move(fields[context]);
    record.statement = std::move(fields[query]);
    PostgresqlContext backend;
    backend.pid = integer(fields[process_id]);
    backend.session_id = std::move(fields[session_id]);
    backend.line_number = integer(fields[session_line_num]);
    backend.user = std::move(fields[user_name]);
    backend.database = fields[database_name];
    backend.application_name = std::move(fields[application_name]);
    backend.severity = std::move(fields[error_severity]);
    if (fields.size() > backend_type) backend.backend_type = std::move(fields[backend_type]);
    record.scope.database = std::move(fields[database_name]);
    record.postgresql = std::move(backend);
    return record;
}

}  // namespace culprit
