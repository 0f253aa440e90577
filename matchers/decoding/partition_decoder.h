#pragma once
// Raw records of one partition, each with the filter's answer → decoded entries, each at its trigger.
//
//   record ──> ring of the last 256 ──> (hit) find_entry: where did its entry begin? ──> open entry ──> closed ──> EntryDecoder
//                                         any record while something is open ──────────────┘
//
// Whether a hit opens an entry depends on the ring alone; how an open entry goes on depends on the records behind its trigger
// alone. So a decoder that starts at an earlier cut, fed with the records before it, decodes the same entries.
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "matchers/decoding/batch_record.h"
#include "matchers/decoding/entry_decoder.h"
#include "matchers/decoding/headless_lines.h"

namespace culprit {

class PartitionDecoder {
   public:
    static constexpr std::size_t kLargestRecord = 4 << 20;
    static constexpr std::size_t kOpenBytes = 64 << 20;  // of all entries open at once

    PartitionDecoder(const SourceProfile& profile, AssemblyLimits limits);

    /// `counts` is false for context: records that were counted before the start. `asks_before`: an entry that this record opens
    /// is to know the lines before it.
    void accept(const RawRecord& record, bool hit, bool counts, bool asks_before = false);
    /// So many records came that are not worth keeping: as many as the ring holds follow them, and nothing is open.
    void skip(std::size_t records) { sequence_ += records; }
    /// A record that belongs to nothing else: it takes a place in the row, and that is all.
    void pass_over(const RawRecord& record) { ring_.push(record, sequence_++, false, true); }
    /// The batch's bytes are about to go.
    void end_of_batch() { ring_.keep(); }
    void close_all();

    bool has_closed() const { return !done_.empty(); }
    /// Entries that were closed since the last call.
    std::vector<DecodedEntry> drain() { return std::exchange(done_, {}); }
    /// The trigger of the oldest entry that is still open.
    std::optional<std::uint64_t> oldest_open() const;
    /// Requires an open entry.
    Offset oldest_open_offset() const { return open_.front().trigger_offset; }
    std::optional<EventTime> oldest_open_time() const;
    /// By the shipper, by Kafka, or its own.
    std::optional<EventTime> time_of_newest();
    /// The sequence of the next record.
    std::uint64_t next_sequence() const { return sequence_; }

    /// Decodes up to `count` of the last records, hits or not, each by itself: for event time and for what evidence flows.
    std::vector<DecodedEntry> sample(std::size_t count);
    /// Looks at up to `count` of the records since the last call: do they go on with entries that begin elsewhere?
    ContinuationLines sample_continuations(std::size_t count);

   private:
    using Entries = std::list<OpenEntry>;
    struct Stream {
        std::vector<Entries::iterator> entries;
        std::optional<std::int64_t> owner;  // the process whose line a tabbed line continues
    };

    bool absorbed(std::size_t index);
    void open(std::size_t index, bool asks_before);
    std::vector<std::string> lines_before(std::size_t index);
    std::optional<EventTime> time_before(std::size_t index);
    OpenEntry entry_at(std::size_t index, const EntrySpan& span);
    void close(Entries::iterator entry);
    void close_overdue(const ContextRecord& record, const ShapedLine& line);
    void enforce_limits();
    void refuse_large(const RawRecord& record);
    /// A record that holds many events: they are read as a partition of their own, and counted at this record.
    bool opened_batch(const RawRecord& record);
    SourcePosition position_of(const ContextRecord& record) const;

    SourceProfile profile_;
    InputPartition input_;
    AssemblyLimits limits_;
    LineShaper shaper_;
    EntryDecoder decoder_;
    BatchSplitter batches_;
    ContextRing ring_;
    Entries open_;                           // in order of their triggers
    std::map<std::string, Stream> streams_;  // those with open entries
    std::size_t open_bytes_ = 0;
    std::uint64_t sequence_ = 0, looked_at_ = 0;
    std::vector<DecodedEntry> done_;
};

}  // namespace culprit
