#pragma once
// What the build has worked out of the embedded catalogue (matchers/prepare), so that a start need not: compiling 1,900 literals
// takes longer than all the rest of it. Lives as long as the program; empty in the program that prepares it.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// Vectorscan's database of a set of literals, for one kind of processor, serialised.
struct PreparedFilter {
    std::uint64_t literals;  // digest_of them
    std::string_view database;
};
std::span<const PreparedFilter> prepared_filters();

/// One of the embedded files, without what only tests read and with the literals of each pattern.
struct PreparedFile {
    std::string_view name;
    std::string_view server_texts;  // a line each: SQLSTATE, level, detail, text; tabs between
    std::string_view rest;          // YAML
};
std::span<const PreparedFile> prepared_catalogue();

/// Of the literals in their order.
std::uint64_t digest_of(const std::vector<std::string>& literals);

}  // namespace culprit
