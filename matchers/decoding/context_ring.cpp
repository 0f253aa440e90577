#include "matchers/decoding/context_ring.h"

#include "matchers/matcher.h"

namespace culprit {

const std::size_t ContextRing::kRecords = kLookback + 1;

ContextRing::ContextRing() : slots_(kRecords) {}

void ContextRing::drop_oldest() {
    ContextRecord& oldest = slots_[first_];
    bytes_ -= oldest.bytes.size();
    oldest.shaped.reset();
    if (oldest.owned.capacity() > 16 * 1024) std::string{}.swap(oldest.owned);
    first_ = (first_ + 1) % slots_.size();
    --size_;
}

ContextRecord& ContextRing::push(const RawRecord& record, std::uint64_t sequence, bool hit, bool apart) {
    if (size_ == slots_.size()) drop_oldest();
    ContextRecord& slot = slots_[(first_ + size_) % slots_.size()];
    ++size_;
    slot.sequence = sequence;
    slot.offset = record.offset;
    slot.arrival = record.arrival;
    slot.line = record.line;
    slot.hit = hit;
    slot.apart = apart;
    slot.bytes = apart ? std::string_view{} : record.bytes;
    slot.is_owned = false;
    slot.shaped.reset();
    bytes_ += slot.bytes.size();
    while (bytes_ > kRingBytes && size_ > 1) drop_oldest();
    return slot;
}

void ContextRing::keep() {
    for (std::size_t i = size_; i-- > 0;) {
        ContextRecord& slot = at(i);
        if (slot.is_owned) return;  // older ones were kept before
        slot.owned.assign(slot.bytes);
        slot.bytes = slot.owned;
        slot.is_owned = true;
    }
}

const ShapedLine& ContextRing::shaped(std::size_t index, LineShaper& shaper) {
    ContextRecord& slot = at(index);
    if (!slot.shaped) slot.shaped = shaper.shape(slot.bytes, slot.arrival);
    return *slot.shaped;
}

}  // namespace culprit
