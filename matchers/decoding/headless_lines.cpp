#include "matchers/decoding/headless_lines.h"

#include "matchers/decoding/postgresql_labels.h"

namespace culprit {

namespace {

/// An entry's lines are written at once: its beginning lies no further away than this.
constexpr std::size_t kReach = 64;

enum class Part { none, server, label, python_frame, frame };

Part part_of(const ShapedLine& line) {
    if (line.format == LineFormat::postgresql) return line.part == EntryPart::message ? Part::none : Part::server;
    if (line.format != LineFormat::text || line.text.kind != LineKind::continuation) return Part::none;
    const std::string_view text = line.peeled.payload;
    if (text.starts_with("  File \"") && text.find(", line ") != text.npos) return Part::python_frame;
    if (text.starts_with("\tat ") || text.starts_with("    at ")) return Part::frame;
    const auto label = label_at_start(text);
    return label && label->part != EntryPart::message ? Part::label : Part::none;
}

bool begins(const ShapedLine& earlier, const ShapedLine& line, Part part) {
    if (part == Part::server)
        return earlier.format == LineFormat::postgresql && earlier.pid == line.pid && earlier.part == EntryPart::message;
    if (earlier.format == LineFormat::postgresql) return part == Part::label;  // a label without its prefix, in a shipper's hands
    if (earlier.format != LineFormat::text || part_of(earlier) != Part::none) return false;
    return part == Part::python_frame ? earlier.text.opens_traceback : earlier.text.names_error;
}

/// The statement is the last line of an entry: what follows is of another one.
bool ends(const ShapedLine& earlier, const ShapedLine& line) {
    return earlier.format == LineFormat::postgresql && earlier.pid == line.pid && earlier.part == EntryPart::statement;
}

}  // namespace

std::optional<bool> is_headless(ContextRing& ring, std::size_t index, LineShaper& shaper) {
    if (index < kReach || ring.at(index).apart) return {};
    const ShapedLine& line = ring.shaped(index, shaper);
    const Part part = part_of(line);
    if (part == Part::none) return {};
    bool others = false;  // between it and its beginning; else it is the middle of something long
    for (std::size_t distance = 1; distance <= kReach; ++distance) {
        if (ring.at(index - distance).apart) continue;
        const ShapedLine& earlier = ring.shaped(index - distance, shaper);
        if (earlier.peeled.stream != line.peeled.stream) continue;
        if (begins(earlier, line, part)) return false;
        if (part == Part::server && ends(earlier, line)) return true;
        others = others || earlier.format != LineFormat::text || earlier.text.kind != LineKind::continuation;
    }
    if (!others) return {};
    return true;
}

}  // namespace culprit
