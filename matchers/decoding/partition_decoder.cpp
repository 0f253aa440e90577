#include "matchers/decoding/partition_decoder.h"

#include <algorithm>
#include <iterator>

namespace culprit {
namespace {

constexpr std::size_t kBytesBefore = 32 << 10;

std::optional<EventTime> record_time(const ContextRecord& record, const ShapedLine& line) {
    if (record.arrival) return record.arrival;
    return line.peeled.time ? line.peeled.time : line.own_time;
}

}  // namespace

PartitionDecoder::PartitionDecoder(const SourceProfile& profile, AssemblyLimits limits)
    : profile_(profile), input_(profile.input), limits_(limits), shaper_(profile.log_line_prefix), decoder_(profile.labels) {}

SourcePosition PartitionDecoder::position_of(const ContextRecord& record) const { return {input_, record.offset, record.line}; }

void PartitionDecoder::accept(const RawRecord& record, bool hit, bool counts, bool asks_before) {
    const bool too_large = record.bytes.size() > kLargestRecord;
    ContextRecord& slot = ring_.push(record, sequence_++, hit, too_large);
    const bool opens = hit && counts;
    if (too_large) {
        if (opens) refuse_large(record);
        return;
    }
    if (opens && may_be_batch(record.bytes) && opened_batch(record)) return;
    if (open_.empty() && !opens) return;
    const std::size_t index = ring_.size() - 1;
    if (!open_.empty()) {
        close_overdue(slot, ring_.shaped(index, shaper_));
        if (absorbed(index)) return;
    }
    if (opens) open(index, asks_before);
    enforce_limits();
}

bool PartitionDecoder::opened_batch(const RawRecord& record) {
    const auto events = batches_.split(record.bytes);
    if (events.empty()) return false;
    PartitionDecoder inner(profile_, limits_);
    for (const auto& event : events) inner.accept({event, record.offset, {}, record.line}, true, true);
    inner.close_all();
    DecodedEntry whole;
    whole.trigger = sequence_ - 1;
    whole.trigger_offset = record.offset;
    whole.arrived = record.arrival;
    for (auto& entry : inner.drain()) {
        if (entry.record) whole.others.push_back(std::move(*entry.record));
        std::move(entry.dead_letters.begin(), entry.dead_letters.end(), std::back_inserter(whole.dead_letters));
        whole.counters.add(entry.counters);
    }
    done_.push_back(std::move(whole));
    return true;
}

void PartitionDecoder::refuse_large(const RawRecord& record) {
    DecodedEntry refused;
    refused.trigger = sequence_ - 1;
    refused.trigger_offset = record.offset;
    refused.counters.undecodable = 1;
    refused.dead_letters.push_back(make_dead_letter({input_, record.offset, record.line}, dead_letter::kTooLarge, record.bytes));
    done_.push_back(std::move(refused));
}

void PartitionDecoder::close_overdue(const ContextRecord& record, const ShapedLine& line) {
    const auto now = record_time(record, line);
    for (auto entry = open_.begin(); entry != open_.end();) {
        const auto next = std::next(entry);
        const bool silent = now && entry->last && *now - *entry->last > limits_.silence;
        const bool passed = record.sequence - entry->trigger >= limits_.records;
        if (passed) entry->cut = true;
        if (silent || passed) close(entry);
        entry = next;
    }
}

bool PartitionDecoder::absorbed(std::size_t index) {
    const ContextRecord& record = ring_.at(index);
    const ShapedLine& line = ring_.shaped(index, shaper_);
    const auto found = streams_.find(line.peeled.stream);
    if (found == streams_.end()) return false;
    const bool server_line = line.format == LineFormat::postgresql;
    std::optional<Entries::iterator> taker;
    std::vector<Entries::iterator> ended;
    for (const auto entry : found->second.entries) {
        bool takes = entry->continues(line);
        if (entry->format == EntryFormat::stderr_log && line.format == LineFormat::text && line.tabbed)
            takes = entry->pid == found->second.owner;
        if (takes && !taker) {
            taker = entry;
            continue;
        }
        // Another process' line leaves an entry open, unless the statement, which comes last, has been seen.
        const bool other_process = entry->format == EntryFormat::stderr_log && (!server_line || line.pid != entry->pid) &&
                                   !(server_line && entry->statement_seen);
        if (!other_process) ended.push_back(entry);
    }
    if (server_line) found->second.owner = line.pid;
    if (taker) {
        const auto entry = *taker;
        if (record.hit && !find_entry(ring_, index, shaper_).earlier_hit) entry->joined_through = record.sequence;
        const std::size_t before = entry->bytes;
        entry->add(line);
        open_bytes_ += entry->bytes - before;
        if (entry->text) entry->text->take(line.text);
        if (const auto time = record_time(record, line)) entry->last = time;
        const bool full = entry->bytes > limits_.bytes || entry->lines.size() >= limits_.records;
        if (full && !entry->whole) entry->cut = true;
        if (full || entry->whole) close(entry);
    }
    for (const auto entry : ended) close(entry);
    return taker.has_value();
}

/// Nothing tells when a line without a time of its own was written but the lines before it.
std::optional<EventTime> PartitionDecoder::time_before(std::size_t index) {
    const ShapedLine& line = ring_.shaped(index, shaper_);
    if (line.own_time || line.format == LineFormat::json) return {};
    while (index-- > 0) {
        if (ring_.at(index).apart) continue;
        const ShapedLine& earlier = ring_.shaped(index, shaper_);
        if (earlier.own_time && earlier.peeled.stream == line.peeled.stream) return earlier.own_time;
    }
    return {};
}

OpenEntry PartitionDecoder::entry_at(std::size_t index, const EntrySpan& span) {
    const ContextRecord& trigger = ring_.at(index);
    const ContextRecord& first = ring_.at(span.records.front());
    const Peeled& envelope = ring_.shaped(span.records.front(), shaper_).peeled;
    OpenEntry entry;
    entry.format = span.format;
    entry.trigger = trigger.sequence;
    entry.joined_through = trigger.sequence;
    entry.trigger_offset = trigger.offset;
    entry.trigger_bytes = trigger.bytes;
    entry.source = position_of(first);
    entry.stream = envelope.stream;
    entry.scope = envelope.scope;
    entry.arrived = envelope.time ? envelope.time : first.arrival;
    if (!entry.arrived) entry.arrived = time_before(span.records.front());
    entry.pid = span.pid;
    entry.text = span.text;
    for (const std::size_t line : span.records) entry.add(ring_.shaped(line, shaper_));
    entry.last = record_time(trigger, ring_.shaped(index, shaper_));
    return entry;
}

/// Of the same stream, nearest first, as far as the ring and `kBytesBefore` reach.
std::vector<std::string> PartitionDecoder::lines_before(std::size_t index) {
    std::vector<std::string> lines;
    const std::string stream = ring_.shaped(index, shaper_).peeled.stream;
    for (std::size_t bytes = 0; index-- > 0;) {
        if (ring_.at(index).apart) continue;
        const Peeled& earlier = ring_.shaped(index, shaper_).peeled;
        if (earlier.stream != stream) continue;
        bytes += earlier.payload.size();
        if (bytes > kBytesBefore) break;
        lines.push_back(plain(earlier.payload));
    }
    return lines;
}

void PartitionDecoder::open(std::size_t index, bool asks_before) {
    const EntrySpan span = find_entry(ring_, index, shaper_);
    if (span.earlier_hit) return;  // counted there
    OpenEntry entry = entry_at(index, span);
    // What a tool printed before, it printed to its own output, and not to the server's log.
    const bool of_the_server = entry.format == EntryFormat::stderr_log || entry.format == EntryFormat::csvlog;
    if (asks_before && !of_the_server) entry.before = lines_before(span.records.front());
    if (entry.whole || entry.bytes > limits_.bytes) {
        entry.cut = !entry.whole;
        done_.push_back(decoder_.decode(std::move(entry), shaper_));
        return;
    }
    open_bytes_ += entry.bytes + entry.trigger_bytes.size();
    Stream& stream = streams_[entry.stream];
    if (entry.format == EntryFormat::stderr_log) stream.owner = entry.pid;
    open_.push_back(std::move(entry));
    stream.entries.push_back(std::prev(open_.end()));
}

void PartitionDecoder::enforce_limits() {
    while (!open_.empty() && (open_.size() > limits_.open || open_bytes_ > kOpenBytes)) {
        open_.front().cut = true;
        close(open_.begin());
    }
}

void PartitionDecoder::close(Entries::iterator entry) {
    const auto stream = streams_.find(entry->stream);
    auto& entries = stream->second.entries;
    entries.erase(std::find(entries.begin(), entries.end(), entry));
    if (entries.empty()) streams_.erase(stream);
    open_bytes_ -= entry->bytes + entry->trigger_bytes.size();
    done_.push_back(decoder_.decode(std::move(*entry), shaper_));
    open_.erase(entry);
}

void PartitionDecoder::close_all() {
    while (!open_.empty()) close(open_.begin());
}

std::optional<std::uint64_t> PartitionDecoder::oldest_open() const {
    if (open_.empty()) return {};
    return open_.front().trigger;
}

std::optional<EventTime> PartitionDecoder::oldest_open_time() const {
    std::optional<EventTime> oldest;
    for (const auto& entry : open_) {
        if (entry.last && (!oldest || *entry.last < *oldest)) oldest = entry.last;
    }
    return oldest;
}

std::optional<EventTime> PartitionDecoder::time_of_newest() {
    if (ring_.size() == 0 || ring_.at(ring_.size() - 1).apart) return {};
    const std::size_t newest = ring_.size() - 1;
    if (ring_.at(newest).arrival) return ring_.at(newest).arrival;
    return record_time(ring_.at(newest), ring_.shaped(newest, shaper_));
}

ContinuationLines PartitionDecoder::sample_continuations(std::size_t count) {
    ContinuationLines lines;
    const std::size_t fresh = static_cast<std::size_t>(std::min<std::uint64_t>(ring_.size(), sequence_ - looked_at_));
    const std::size_t step = std::max<std::size_t>(1, fresh / count);
    for (std::size_t i = 0; i < count && i * step < fresh && lines.headless == 0; ++i) {
        const auto headless = is_headless(ring_, ring_.size() - 1 - i * step, shaper_);
        if (!headless) continue;
        ++lines.seen;
        lines.headless += *headless ? 1 : 0;
    }
    looked_at_ = sequence_;
    return lines;
}

std::vector<DecodedEntry> PartitionDecoder::sample(std::size_t count) {
    std::vector<DecodedEntry> records;
    if (ring_.size() == 0) return records;
    const std::size_t step = std::max<std::size_t>(1, ring_.size() / count);
    for (std::size_t i = 0; i < count && i * step < ring_.size(); ++i) {
        const std::size_t index = ring_.size() - 1 - i * step;
        if (ring_.at(index).apart) continue;
        const ShapedLine& line = ring_.shaped(index, shaper_);
        EntrySpan span{EntryFormat::json, {index}, false, {}, {}};
        switch (line.format) {
            case LineFormat::json:
                break;
            case LineFormat::broken_json:
                continue;
            case LineFormat::csvlog:
                span.format = EntryFormat::csvlog;
                break;
            case LineFormat::postgresql:
                span.format = EntryFormat::stderr_log;
                break;
            case LineFormat::text:
                span.format = EntryFormat::text;
                break;
        }
        if (auto decoded = decoder_.decode(entry_at(index, span), shaper_); decoded.record) records.push_back(std::move(decoded));
    }
    return records;
}

}  // namespace culprit
