#include "matchers/retold_errors.h"

#include <algorithm>
#include <array>

namespace culprit {
namespace {

constexpr std::size_t kHead = 512;  // bytes of a message in which a narrator says its name

/// Names under which loggers write the request, the trace or the thread; the narrowest first.
constexpr std::array kExecutions = std::to_array<std::string_view>(
    {"request_id", "requestId", "reqId", "req.id", "req_id", "x_request_id", "http.request.id", "correlation_id", "correlationId",
     "trace_id", "traceId", "trace.id", "dd.trace_id", "mdc.traceId", "contextMap.traceId", "thread_name", "threadName", "thread",
     "process.thread.name"});

bool agree(const std::string& left, const std::string& right) { return left.empty() || right.empty() || left == right; }

/// What an error's objects say together.
struct Named {
    std::string schema, table, column, constraint, referenced_table;

    explicit Named(const Signal& signal) {
        const auto take = [](std::string& mine, const std::string& theirs) {
            if (mine.empty()) mine = theirs;
        };
        for (const auto& object : signal.objects) {
            take(schema, object.schema);
            take(table, object.type == "table" ? object.name : object.table);
            take(column, object.column);
            take(constraint, object.constraint);
            take(referenced_table, object.referenced_table);
        }
    }
    bool agrees(const Named& other) const {
        return agree(schema, other.schema) && agree(table, other.table) && agree(column, other.column) &&
               agree(constraint, other.constraint);
    }
    std::size_t known() const {
        std::size_t count = 0;
        for (const auto* part : {&schema, &table, &column, &constraint, &referenced_table}) count += part->empty() ? 0 : 1;
        return count;
    }
};

}  // namespace

Voice voice_of(const Record& record, const Catalogue& catalogue, MatchMemo* memo) {
    Voice voice{record.logger, false, {}};
    const std::string head = record.logger + '\n' + record.message.substr(0, std::min(record.message.find('\n'), kHead));
    const TextSearch text = memo == nullptr ? TextSearch(head) : TextSearch(head, *memo);
    for (const auto& narrator : catalogue.narrators()) {
        if (!text.holds(*narrator.match)) continue;
        voice.name = narrator.id;
        voice.narrator = true;
        break;
    }
    for (const auto name : kExecutions) {
        if (const auto found = record.fields.find(std::string{name}); found != record.fields.end() && !found->second.empty()) {
            voice.execution = std::string{name} + '=' + found->second;
            break;
        }
    }
    return voice;
}

void add_telling(Signal& first, const Signal& later) {
    const Named known{first}, more{later};
    if (more.known() > known.known()) {
        first.objects = later.objects;
    } else {
        // The first may know the constraint and the later one the table.
        const bool names_table = std::any_of(first.objects.begin(), first.objects.end(),
                                             [](const DatabaseObject& object) { return object.type == "table"; });
        for (auto& object : first.objects) {
            if (object.schema.empty()) object.schema = more.schema;
            if (object.table.empty() && object.type != "table") object.table = more.table;
            if (object.column.empty() && object.type == "constraint") object.column = more.column;
            if (object.referenced_table.empty()) object.referenced_table = more.referenced_table;
        }
        if (!names_table && !more.table.empty())
            first.objects.push_back({"table", more.schema, more.table, {}, {}, more.referenced_table, {}});
    }
    const auto fill = [](auto& mine, const auto& theirs) {
        if (mine == std::decay_t<decltype(mine)>{}) mine = theirs;
    };
    fill(first.statement, later.statement);
    fill(first.detail, later.detail);
    fill(first.key_hash, later.key_hash);
    fill(first.links, later.links);
    fill(first.key_columns, later.key_columns);
    fill(first.key_from_default, later.key_from_default);
    fill(first.user, later.user);
    fill(first.scope.service, later.scope.service);
    fill(first.scope.host, later.scope.host);
    fill(first.scope.database, later.scope.database);
    fill(first.scope.release, later.scope.release);
}

Duration RetoldErrors::pause_after(EventTime first) {
    const bool shows_seconds = first.time_since_epoch() % std::chrono::seconds{1} == Duration{0};
    return shows_seconds ? std::chrono::seconds{1} : std::chrono::milliseconds{250};
}

void RetoldErrors::seal(Error& error, std::uint64_t sequence) {
    if (unsealed_.erase(error.trigger) == 0) return;
    error.sealed = sequence;
    sealed_.emplace(sequence, error.trigger);
    if (error.time) unsealed_by_time_.erase({*error.time + pause_after(*error.time), error.trigger});
}

void RetoldErrors::pass(std::uint64_t sequence, std::optional<EventTime> time) {
    while (!unsealed_.empty() && sequence >= *unsealed_.begin() + kRecords) {
        // Not by the sequence of this record: which ones one is told of must not matter.
        const std::uint64_t trigger = *unsealed_.begin();
        seal(waiting_.at(trigger), trigger + kRecords);
    }
    while (time && !unsealed_by_time_.empty() && *time > unsealed_by_time_.begin()->first)
        seal(waiting_.at(unsealed_by_time_.begin()->second), sequence);
}

bool RetoldErrors::is_retold(const Error& error, const Voice& voice, const Signal& symptom) const {
    // The same voice tells of the next error.
    if (std::find(error.voices.begin(), error.voices.end(), voice.name) != error.voices.end()) return false;
    // What a framework prints beside the logger knows neither.
    if (!agree(error.known.scope.service, symptom.scope.service) || !agree(error.known.scope.host, symptom.scope.host))
        return false;
    // Two loggers' ids of requests and threads can be compared where they have the same name.
    const auto kind_of = [](const std::string& execution) { return execution.substr(0, execution.find('=')); };
    const bool comparable = !error.execution.empty() && kind_of(error.execution) == kind_of(voice.execution);
    if (comparable && error.execution != voice.execution) return false;
    const Named known{error.known}, told{symptom};
    if (!agree(error.known.key_hash, symptom.key_hash) || !known.agrees(told)) return false;
    if (error.narrated || voice.narrator) return true;
    // Two loggers of one request: only where both name the same thing.
    const auto same = [](const std::string& left, const std::string& right) { return !left.empty() && left == right; };
    return comparable && (same(error.known.key_hash, symptom.key_hash) || same(known.constraint, told.constraint) ||
                          same(known.table, told.table) || same(known.column, told.column));
}

std::optional<std::uint64_t> RetoldErrors::tell(std::uint64_t trigger, std::optional<EventTime> time, const std::string& stream,
                                                const Voice& voice, const Signal& symptom) {
    std::string key = stream + '\n' + symptom.sqlstate;
    auto& list = by_key_[key];
    for (Error* const earlier : list) {
        auto& error = *earlier;
        if (error.trigger >= trigger || (error.sealed && trigger >= *error.sealed)) continue;
        if (time && error.time && *time > *error.time + pause_after(*error.time)) continue;
        if (!is_retold(error, voice, symptom)) continue;
        error.voices.push_back(voice.name);
        error.narrated = error.narrated || voice.narrator;
        if (error.execution.empty()) error.execution = voice.execution;
        add_telling(error.known, symptom);
        return error.trigger;
    }
    if (list.size() >= kWaiting) seal(*list[list.size() - kWaiting], trigger);
    Signal known;
    known.time = symptom.time;
    known.scope = symptom.scope;
    known.objects = symptom.objects;
    known.key_hash = symptom.key_hash;
    const auto place = waiting_.insert_or_assign(
        trigger, Error{trigger, time, {}, std::move(key), {voice.name}, voice.narrator, voice.execution, std::move(known)});
    list.push_back(&place.first->second);
    unsealed_.insert(trigger);
    if (time) unsealed_by_time_.emplace(*time + pause_after(*time), trigger);
    return {};
}

void RetoldErrors::settle(std::uint64_t told_below) {
    while (!sealed_.empty() && sealed_.begin()->first <= told_below) {
        const auto entry = waiting_.find(sealed_.begin()->second);
        const auto list = by_key_.find(entry->second.key);
        std::erase(list->second, &entry->second);
        if (list->second.empty()) by_key_.erase(list);
        waiting_.erase(entry);
        sealed_.erase(sealed_.begin());
    }
}

void RetoldErrors::clear() {
    waiting_.clear();
    by_key_.clear();
    unsealed_.clear();
    unsealed_by_time_.clear();
    sealed_.clear();
}

std::optional<std::uint64_t> RetoldErrors::oldest() const {
    return waiting_.empty() ? std::nullopt : std::optional{waiting_.begin()->first};
}

std::optional<EventTime> RetoldErrors::oldest_time() const {
    std::optional<EventTime> oldest;
    for (const auto& [trigger, error] : waiting_) {
        if (error.known.time != EventTime{} && (!oldest || error.known.time < *oldest)) oldest = error.known.time;
    }
    return oldest;
}

}  // namespace culprit
