#include "matchers/matcher.h"

#include <algorithm>
#include <deque>
#include <map>
#include <tuple>

#include "matchers/canary.h"
#include "matchers/decoding/envelope.h"
#include "matchers/decoding/event_clock.h"
#include "matchers/decoding/partition_decoder.h"
#include "matchers/line_filter.h"
#include "matchers/literal_filter.h"
#include "matchers/recognition.h"
#include "matchers/retold_errors.h"
#include "matchers/text_search.h"

namespace culprit {
namespace {

constexpr std::size_t kCanaries = 64;  // that wait for the cut
constexpr std::size_t kSamples = 8;    // records decoded per take(), hits or not, for event time and evidence

/// What one entry gave, kept until the cut has passed its trigger.
struct Outcome {
    std::uint64_t joined_through = 0;
    Offset trigger;
    std::vector<Signal> signals;
    std::vector<DeadLetter> dead_letters;
    MatcherCounters counters;
    std::optional<EvidenceSeen> server_log;
    std::vector<Unmatched> unmatched;
};

/// Records that no batch has counted yet, in a row: one that passed the filter, if any, and the others behind it. A cut lies
/// before a record that passed, or behind all of them, so never within.
struct Uncounted {
    std::uint64_t sequence = 0;  // of the first
    std::uint64_t records = 0, bytes = 0;
    bool hit = false;
};

std::optional<EvidenceKind> evidence_of(const Signal& signal) {
    if (signal.kind == "schema_change") return EvidenceKind::ddl;
    if (signal.kind == "migration") return EvidenceKind::migrations;
    if (signal.kind == "deployment" || signal.kind == "rollback") return EvidenceKind::deployments;
    if (signal.kind == "import" || signal.kind == "restore") return EvidenceKind::imports;
    return {};
}

std::optional<EvidenceSeen> server_log_seen(const Record& record) {
    if (record.side != Side::server || !record.time) return {};
    return EvidenceSeen{
        EvidenceKind::server_log, record.scope.environment, record.scope.database, {}, *record.time, *record.time};
}

/// Evidence by kind and scope; first and last widen.
class EvidenceTable {
   public:
    void add(const EvidenceSeen& seen) {
        const auto [entry, added] = seen_.try_emplace({seen.kind, seen.environment, seen.database, seen.service}, seen);
        if (added) return;
        entry->second.first = std::min(entry->second.first, seen.first);
        entry->second.last = std::max(entry->second.last, seen.last);
    }
    void add(const Signal& signal) {
        if (const auto kind = evidence_of(signal)) {
            add({*kind, signal.scope.environment, signal.scope.database, signal.scope.service, signal.time, signal.time});
        }
    }
    std::vector<EvidenceSeen> all() const {
        std::vector<EvidenceSeen> list;
        for (const auto& [key, seen] : seen_) list.push_back(seen);
        return list;
    }

   private:
    std::map<std::tuple<EvidenceKind, std::string, std::string, std::string>, EvidenceSeen> seen_;
};

}  // namespace

void MatcherCounters::add(const MatcherCounters& other) {
    records += other.records;
    bytes += other.bytes;
    filter_passes += other.filter_passes;
    decoded += other.decoded;
    undecodable += other.undecodable;
    repaired_utf8 += other.repaired_utf8;
    unmatched += other.unmatched;
    assemblies_cut += other.assemblies_cut;
    continuations += other.continuations;
    headless += other.headless;
}

struct Matcher::State {
    State(const Recognition& known, SourceProfile source, Offset from, AssemblyLimits limits)
        : recognition(known),
          scratch(known.filter().make_scratch()),
          candidates(known.candidates().make_scratch()),
          profile(std::move(source)),
          resume(from),
          next(from),
          patient(limits.patient),
          decoder(profile, limits) {}

    bool accept(const RawRecord& record, bool hit);
    void pass_over(const RawRecord& canary, EventTime produced);
    void accept(const FilteredLines& lines);
    void skip(const FilteredLines& lines, std::size_t from, std::size_t until);
    void count(std::uint64_t records, std::uint64_t bytes, bool hit);
    void collect();
    void pass(bool hit);
    void conclude(DecodedEntry&& entry);
    bool passed(const DecodedEntry& entry);
    void explain(const Record& record, bool hit, Outcome& outcome);
    bool joins_earlier(const DecodedEntry& entry, Outcome& outcome);
    std::optional<EventTime> oldest_unfinished() const;
    MatchedBatch take();
    Offset behind(const RawRecord& record) const;

    const Recognition& recognition;
    LiteralFilter::Scratch scratch;
    CandidateIndex::Scratch candidates;
    MatchMemo memo, heads;
    SourceProfile profile;
    Offset resume, next;  // `next`: behind the last record, where everything is counted
    const bool patient;
    PartitionDecoder decoder;
    RetoldErrors retold;
    std::deque<Uncounted> uncounted;
    std::map<std::uint64_t, Outcome> outcomes;          // by trigger
    std::deque<std::pair<Offset, EventTime>> canaries;  // that no batch has told of yet
    EventClock clock;
    std::optional<EventTime> written;  // of the last record
    bool unsampled = false;
    bool explains = false;
};

/// Kafka's offsets count messages; a line's are bytes, and its `\n` is not in the record.
Offset Matcher::State::behind(const RawRecord& record) const {
    const bool counts_bytes = profile.input.type == SourceType::file || profile.input.type == SourceType::stdin_stream;
    return {record.offset.value + (counts_bytes ? static_cast<std::int64_t>(record.bytes.size()) + 1 : 1)};
}

void Matcher::State::count(std::uint64_t records, std::uint64_t bytes, bool hit) {
    if (hit || uncounted.empty()) uncounted.push_back({decoder.next_sequence(), 0, 0, hit});
    uncounted.back().records += records;
    uncounted.back().bytes += bytes;
    unsampled = true;
}

/// It stands between the lines of others without touching them: no entry ends with it, and event time does not move.
void Matcher::State::pass_over(const RawRecord& canary, EventTime produced) {
    decoder.pass_over(canary);
    if (canary.offset < resume) return;
    next = std::max(next, behind(canary));
    if (canaries.size() == kCanaries) canaries.pop_front();
    canaries.emplace_back(canary.offset, produced);
}

/// False of a canary.
bool Matcher::State::accept(const RawRecord& record, bool hit) {
    if (const auto produced = hit ? canary_produced(record.bytes) : std::nullopt) {
        pass_over(record, *produced);
        return false;
    }
    const bool counts = record.offset >= resume;
    if (counts) {
        count(1, record.bytes.size(), hit);
        next = std::max(next, behind(record));
        if (!hit && record.arrival) clock.see(*record.arrival, record.arrival);
    }
    written = record.written;
    const bool asks_before = hit && (explains || recognition.asks_before(record.bytes, scratch));
    decoder.accept(record, hit, counts, asks_before);
    collect();
    pass(hit);
    return true;
}

/// Lines that did not pass the filter, while no entry is open that they could go on with: they are counted, and the last of them
/// are kept for the entry of the next that passes.
void Matcher::State::skip(const FilteredLines& lines, std::size_t from, std::size_t until) {
    const std::size_t records = until - from, kept = std::min(records, ContextRing::kRecords);
    count(records, lines.ends[until - 1] - lines.begin_of(from) - (records - 1), false);
    next = std::max(next, behind(lines.at(until - 1)));
    written = lines.written;
    decoder.skip(records - kept);
    for (std::size_t i = until - kept; i < until; ++i) decoder.accept(lines.at(i), false, true);
    pass(false);
}

void Matcher::State::accept(const FilteredLines& lines) {
    auto hit = lines.passed.begin();
    for (std::size_t at = 0; at < lines.ends.size();) {
        const std::size_t next_hit = hit == lines.passed.end() ? lines.ends.size() : *hit;
        const bool each_counts = explains || decoder.oldest_open() || (retold.waiting() && !patient);
        if (at < next_hit && !each_counts) {
            skip(lines, at, next_hit);
            at = next_hit;
            continue;
        }
        if (at == next_hit) ++hit;
        accept(lines.at(at), explains || at == next_hit);
        ++at;
    }
}

void Matcher::State::collect() {
    if (!decoder.has_closed()) return;
    for (auto& entry : decoder.drain()) conclude(std::move(entry));
}

/// The newest record has passed, and what it ended is concluded.
void Matcher::State::pass(bool hit) {
    if (!retold.waiting()) return;
    retold.pass(decoder.next_sequence() - 1, hit || !patient ? decoder.time_of_newest() : std::nullopt);
    retold.settle(decoder.oldest_open().value_or(decoder.next_sequence()));
}

/// An error of an application's may have been told before, by a framework or by the application itself.
bool Matcher::State::joins_earlier(const DecodedEntry& entry, Outcome& outcome) {
    if (outcome.signals.size() != 1) return false;
    Signal& symptom = outcome.signals.front();
    if (symptom.family != Family::symptom || symptom.side != Side::application) return false;
    const auto time = entry.last ? entry.last : entry.record->time;
    const Voice voice = voice_of(*entry.record, recognition.catalogue(), &heads);
    const auto earlier = retold.tell(entry.trigger, time, entry.record->stream, voice, symptom);
    if (!earlier) return false;
    Outcome& first = outcomes.at(*earlier);
    add_telling(first.signals.front(), symptom);
    first.joined_through = std::max({first.joined_through, entry.trigger, entry.joined_through});
    outcome.signals.clear();
    return true;
}

void Matcher::State::conclude(DecodedEntry&& entry) {
    Outcome outcome{entry.joined_through, entry.trigger_offset, {}, std::move(entry.dead_letters), entry.counters, {}, {}};
    const bool hit = !explains || passed(entry);
    if (!hit) {  // without the explanation nobody would have tried to decode it
        outcome.dead_letters.clear();
        outcome.counters.undecodable = 0;
    }
    if (entry.record) {
        Record& record = *entry.record;
        if (!record.time) record.time = written;  // psql and Alembic print no times, and a file has no shipper
        if (record.time) clock.see(*record.time, entry.arrived);
        outcome.server_log = server_log_seen(record);
        outcome.signals = recognition.recognise(record, candidates, &memo);
        const auto refuse = [&](std::string_view reason) {
            outcome.counters.undecodable += 1;
            outcome.dead_letters.push_back(make_dead_letter(record.source, reason, entry.trigger_bytes));
        };
        if (record.time && joins_earlier(entry, outcome)) {
            // Counted, and told of by the first record.
            if (explains) outcome.unmatched.push_back(told_before(record, recognition));
        } else if (outcome.signals.empty()) {
            outcome.counters.unmatched = 1;
            if (explains) explain(record, hit, outcome);
            if (entry.empty_message && hit) refuse(dead_letter::kEmptyMessage);
        } else if (!record.time) {
            outcome.signals.clear();  // neither the record, nor a shipper, nor Kafka says when
            refuse(dead_letter::kUnknownTimestamp);
        }
    }
    for (Record& record : entry.others) {
        if (!record.time) continue;  // events of a batch carry their times
        clock.see(*record.time, entry.arrived);
        if (!outcome.server_log) outcome.server_log = server_log_seen(record);
        auto signals = recognition.recognise(record, candidates);
        if (explains && signals.empty()) explain(record, hit, outcome);
        for (auto& signal : signals) outcome.signals.push_back(std::move(signal));
    }
    if (explains)
        for (const auto& letter : outcome.dead_letters)
            if (!entry.record) outcome.unmatched.push_back(undecodable(letter));
    outcomes.insert_or_assign(entry.trigger, std::move(outcome));
}

/// Would the filter have let it pass?
bool Matcher::State::passed(const DecodedEntry& entry) {
    if (recognition.filter().passes(entry.trigger_bytes, scratch) || may_be_cut(entry.trigger_bytes)) return true;
    return entry.record && recognition.filter().passes(entry.record->message, scratch);
}

void Matcher::State::explain(const Record& record, bool hit, Outcome& outcome) {
    auto entry = culprit::explain_unmatched(record, hit, recognition, candidates);
    if (entry) outcome.unmatched.push_back(std::move(*entry));
}

std::optional<EventTime> Matcher::State::oldest_unfinished() const {
    const auto open = decoder.oldest_open_time(), waiting = retold.oldest_time();
    return open && waiting ? std::min(*open, *waiting) : open ? open : waiting;
}

MatchedBatch Matcher::State::take() {
    MatchedBatch batch;
    batch.input = profile.input;
    std::uint64_t cut = decoder.next_sequence();
    batch.next = next;
    if (const auto open = decoder.oldest_open()) {
        cut = *open;
        batch.next = decoder.oldest_open_offset();
    }
    if (const auto waits = retold.oldest(); waits && *waits < cut) {
        cut = *waits;
        batch.next = outcomes.at(cut).trigger;
    }
    for (auto outcome = outcomes.rbegin(); outcome != outcomes.rend(); ++outcome) {
        if (outcome->first >= cut || outcome->second.joined_through < cut) continue;
        cut = outcome->first;
        batch.next = outcome->second.trigger;
    }
    EvidenceTable evidence;
    while (!outcomes.empty() && outcomes.begin()->first < cut) {
        Outcome& outcome = outcomes.begin()->second;
        batch.counters.add(outcome.counters);
        if (outcome.server_log) evidence.add(*outcome.server_log);
        for (auto& signal : outcome.signals) {
            evidence.add(signal);
            batch.signals.push_back(std::move(signal));
        }
        std::move(outcome.unmatched.begin(), outcome.unmatched.end(), std::back_inserter(batch.unmatched));
        std::move(outcome.dead_letters.begin(), outcome.dead_letters.end(), std::back_inserter(batch.dead_letters));
        outcomes.erase(outcomes.begin());
    }
    for (; !uncounted.empty() && uncounted.front().sequence < cut; uncounted.pop_front()) {
        batch.counters.records += uncounted.front().records;
        batch.counters.bytes += uncounted.front().bytes;
        batch.counters.filter_passes += uncounted.front().hit ? 1 : 0;
    }
    for (; !canaries.empty() && canaries.front().first < batch.next; canaries.pop_front())
        batch.watermark.canary = std::max(batch.watermark.canary.value_or(EventTime{}), canaries.front().second);
    if (unsampled) {
        const ContinuationLines lines = decoder.sample_continuations(kSamples);
        batch.counters.continuations = lines.seen;
        batch.counters.headless = lines.headless;
        for (const auto& entry : decoder.sample(kSamples)) {
            if (entry.record->time) clock.see(*entry.record->time, entry.arrived);
            if (const auto seen = server_log_seen(*entry.record)) evidence.add(*seen);
        }
        unsampled = false;
    }
    batch.watermark.input = profile.input;
    batch.watermark.watermark = clock.watermark(oldest_unfinished()).value_or(EventTime{});
    batch.watermark.evidence = evidence.all();
    return batch;
}

Matcher::Matcher(const Recognition& recognition, SourceProfile profile, Offset resume, AssemblyLimits limits)
    : state_(std::make_unique<State>(recognition, std::move(profile), resume, limits)) {}
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

std::size_t Matcher::accept(std::span<const RawRecord> records) {
    std::size_t ordinary = 0;
    for (const auto& record : records) {
        const bool hit =
            state_->explains || state_->recognition.filter().passes(record.bytes, state_->scratch) || may_be_cut(record.bytes);
        ordinary += state_->accept(record, hit) ? 1 : 0;
    }
    state_->decoder.end_of_batch();
    return ordinary;
}

void Matcher::accept(const FilteredLines& lines) {
    state_->accept(lines);
    state_->decoder.end_of_batch();
}

void Matcher::close_open_entries() {
    state_->decoder.close_all();
    state_->collect();
    state_->retold.clear();
}

void Matcher::explain_unmatched() { state_->explains = true; }

MatchedBatch Matcher::take() { return state_->take(); }

}  // namespace culprit
