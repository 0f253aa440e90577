#include "matchers/decoding/postgresql_stderr.h"

#include "matchers/decoding/postgresql_labels.h"

namespace culprit {
namespace {

std::string known(std::string_view name) { return is_unknown_name(name) ? std::string{} : std::string{name}; }

std::string* field_of(Record& record, EntryPart part, std::string& ignored) {
    switch (part) {
        case EntryPart::message:
            return &record.message;
        case EntryPart::detail:
            return &record.detail;
        case EntryPart::hint:
            return &record.hint;
        case EntryPart::context:
            return &record.context;
        case EntryPart::statement:
            return &record.statement;
        default:
            return &ignored;
    }
}

void take_prefix(Record& record, const PrefixedLine& line) {
    record.time = line.time;
    record.time_is_own = line.time.has_value();
    PostgresqlContext context;
    context.pid = line.pid;
    context.line_number = line.line_number;
    context.session_id = line.session_id;
    context.user = known(line.user);
    context.database = known(line.database);
    context.application_name = known(line.application_name);
    context.backend_type = line.backend_type;
    if (line.label.part == EntryPart::message) context.severity = line.label.word;
    record.level = line.label.level;
    record.scope.database = context.database;
    record.sqlstate = line.sqlstate;
    record.postgresql = std::move(context);
}

/// `23505: duplicate key …`: log_error_verbosity = verbose.
void take_verbose_sqlstate(Record& record) {
    const std::string_view message = record.message;
    if (message.size() < 7 || message.substr(5, 2) != ": " || !is_sqlstate(message.substr(0, 5))) return;
    record.sqlstate = message.substr(0, 5);
    record.message.erase(0, 7);
}

}  // namespace

PostgresqlStderr::PostgresqlStderr(const std::optional<std::string>& log_line_prefix) {
    if (!log_line_prefix) return;
    if (auto compiled = LogLinePrefix::compile(*log_line_prefix); compiled.ok()) configured_ = std::move(compiled).value();
}

std::optional<PrefixedLine> PostgresqlStderr::parse(std::string_view line, std::optional<EventTime> near) const {
    if (configured_) return configured_->match(line, near);
    if (line.size() < 24 || (line[0] != '[' && line[0] != '<' && !(line[0] >= '0' && line[0] <= '9'))) return {};
    return LogLinePrefix::best_match(common_log_line_prefixes(), line, near);
}

bool PostgresqlStderr::may_be_half(std::string_view line) const {
    return configured_ ? configured_->begins(line) : common_log_line_prefixes().front().begins(line);
}

std::optional<Record> PostgresqlStderr::decode(const std::vector<std::string_view>& lines, std::optional<EventTime> near) const {
    Record record;
    record.side = Side::server;
    record.format = "stderr";
    std::string ignored;
    std::string* field = nullptr;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const std::string_view line = lines[i];
        if (const auto prefixed = parse(line, near)) {
            if (!record.postgresql) take_prefix(record, *prefixed);
            field = field_of(record, prefixed->label.part, ignored);
            if (!field->empty()) *field += '\n';
            *field += prefixed->text;
        } else if (field != nullptr) {
            *field += '\n';
            *field += line.starts_with('\t') ? line.substr(1) : line;
        }
    }
    if (!record.postgresql) return {};
    if (const auto size = without_position(record.message).size(); size != record.message.size()) {
        record.message.resize(size);
        record.fields.emplace("cursor_position", "given");  // as jsonlog calls it
    }
    take_verbose_sqlstate(record);
    return record;
}

}  // namespace culprit
