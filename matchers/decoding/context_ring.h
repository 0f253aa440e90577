#pragma once
// The last records of a partition, as they came: what a hit's entry may have begun with. Records are peeled only when an entry
// asks.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "matchers/decoding/line_shape.h"
#include "matchers/record.h"

namespace culprit {

/// One record of the ring. `bytes` are the batch's until `keep`, the ring's own afterwards.
struct ContextRecord {
    std::uint64_t sequence = 0;  // counts the partition's records from 0, as this matcher saw them
    Offset offset;
    std::optional<EventTime> arrival;
    std::optional<std::uint64_t> line;
    bool hit = false;
    bool apart = false;  // too large, or a canary: its bytes are not kept, it belongs to no entry
    std::string_view bytes;
    std::optional<ShapedLine> shaped;

   private:
    friend class ContextRing;
    std::string owned;
    bool is_owned = false;
};

/// Holds `kLookback` records before the newest, and at most `kRingBytes` of them: a function of the records alone, so that a
/// matcher which starts anew sees what the first one saw.
class ContextRing {
   public:
    static constexpr std::size_t kRingBytes = 8 << 20;
    static const std::size_t kRecords;  // with the newest

    ContextRing();
    /// The new record; the reference holds until the next push.
    ContextRecord& push(const RawRecord& record, std::uint64_t sequence, bool hit, bool apart);
    /// Copies what still points into the batch.
    void keep();

    std::size_t size() const { return size_; }
    /// 0 is the oldest.
    ContextRecord& at(std::size_t index) { return slots_[(first_ + index) % slots_.size()]; }
    /// The record's shape, made when it is first asked for. Not for records that stand apart.
    const ShapedLine& shaped(std::size_t index, LineShaper& shaper);

   private:
    void drop_oldest();

    std::vector<ContextRecord> slots_;
    std::size_t first_ = 0, size_ = 0, bytes_ = 0;
};

}  // namespace culprit
