#pragma once
// bytes → records → signals, for one input partition.
//
//   raw records ──> literal filter ──> (hit) peel, assemble, decode ──> classify ──> redact ──> signals
//                        └─ (no hit) context ring: the lines around a hit belong to its entry
//
// Pure: no clock, no I/O, no threads. One Matcher belongs to one thread; any number share one Recognition, which is immutable.
//
// An entry is counted at the first of its lines that passed the filter (its trigger). After a restart at offset P the source
// re-reads `kLookback` records before P as context: entries whose trigger lies below P have been counted and are passed over,
// entries whose trigger lies at or behind P are counted now. So batch boundaries and restarts never show in the signals.
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "matchers/log_entry.h"
#include "matchers/record.h"
#include "matchers/signal.h"
#include "matchers/unmatched.h"

namespace culprit {

struct FilteredLines;
class Recognition;

/// How many records before a trigger are searched for the beginning of its entry.
inline constexpr std::size_t kLookback = 256;

/// Limits of one entry being assembled. At a limit the entry is closed as it is, and counted in `assemblies_cut`.
struct AssemblyLimits {
    std::size_t bytes = 1 << 20;
    std::size_t records = 2'000;                 // lines of one entry, and records of the partition that pass while it is open
    Duration silence = std::chrono::seconds{2};  // record time passed in the partition since its last line
    std::size_t open = 4'096;                    // entries open at once
    /// Nobody waits for what the partition says (a file that is read once): how long an error waits for its retelling is told by
    /// records that passed the filter, and by how many there were of the others, which are not asked for their times.
    bool patient = false;
};

struct MatcherCounters {
    std::uint64_t records = 0, bytes = 0;
    std::uint64_t filter_passes = 0;
    std::uint64_t decoded = 0, undecodable = 0, repaired_utf8 = 0;
    std::uint64_t unmatched = 0;  // passed the filter, said nothing
    std::uint64_t assemblies_cut = 0;
    // Of the lines that were sampled: those that go on with an entry, and those of them whose beginning is not in the partition.
    std::uint64_t continuations = 0, headless = 0;
    void add(const MatcherCounters& other);
};

/// What one commit may hold.
struct MatchedBatch {
    InputPartition input;
    Offset next;                  // the cut: where to resume. Below it everything is counted, from it on nothing is
    std::vector<Signal> signals;  // in order of their triggers; symptoms, changes and remedies
    std::vector<DeadLetter> dead_letters;
    WatermarkUpdate watermark;
    std::vector<Unmatched> unmatched;  // in order of their triggers; only after `explain_unmatched`
    MatcherCounters counters;          // of the records below the cut that no earlier batch counted
};

class Matcher {
   public:
    /// `recognition` must outlive the matcher. `resume` is the cut to go on from: records below it are context only.
    Matcher(const Recognition& recognition, SourceProfile profile, Offset resume, AssemblyLimits limits = {});
    ~Matcher();
    Matcher(Matcher&&) noexcept;
    Matcher& operator=(Matcher&&) noexcept;

    /// From here on says of each entry that looked like an error why it gave no signal. Every record is then decoded, whatever
    /// the filter says, and counts as having passed it: for people, not for a daemon.
    void explain_unmatched();

    /// Takes records in order of offset. Their bytes need to live until the call returns; what is kept is copied. How many of
    /// them were no canaries: those say nothing of whether the partition is quiet.
    std::size_t accept(std::span<const RawRecord> records);

    /// The same for lines of a file that were filtered before (line_filter.h): most of them are counted and no more. Requires
    /// that they lie behind the cut to go on from.
    void accept(const FilteredLines& lines);

    /// The end of a file was reached, or the partition's end and nothing has come for a while: closes what is open.
    void close_open_entries();

    /// What has become complete since the last call. Its cut lies before the first entry that is still open.
    MatchedBatch take();

   private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace culprit
