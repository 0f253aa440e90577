#pragma once
// Where a record came from: enough to find it again, and to resume behind it.
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace culprit {

/// A position within one input partition: a Kafka offset, or the byte at which a line begins in a file.
struct Offset {
    std::int64_t value = 0;
    auto operator<=>(const Offset&) const = default;
};

/// A position in the signal log. Strictly increasing, never reused.
struct LogPosition {
    std::int64_t value = 0;
    auto operator<=>(const LogPosition&) const = default;
};

enum class SourceType { kafka, file, stdin_stream, http };

/// One input partition: a Kafka topic's partition, or one file. `name` is the topic or the path.
struct InputPartition {
    SourceType type = SourceType::file;
    std::string name;
    int partition = 0;  // 0 for everything but Kafka
    auto operator<=>(const InputPartition&) const = default;
};

/// The place of one entry: of its first line, not of the line that gave it away.
struct SourcePosition {
    InputPartition input;
    Offset offset;
    std::optional<std::uint64_t> line;  // counts from 1; files only
    auto operator<=>(const SourcePosition&) const = default;
};

}  // namespace culprit
