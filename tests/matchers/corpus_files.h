#pragma once
// The recorded logs under tests/corpus (its README says where they come from), unpacked by the system's tools.
#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/source_dir.h"

namespace culprit::testing_lines {

/// What a command prints, by lines; a last line break ends no further one.
inline std::vector<std::string> lines_of_command(const std::string& command) {
    std::string text;
    FILE* pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) return {};
    std::array<char, 65536> buffer{};
    for (std::size_t read = 0; (read = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) text.append(buffer.data(), read);
    pclose(pipe);
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

inline std::filesystem::path corpus() { return source_dir() / "tests/corpus"; }

/// The files of a folder that end so, in order of their names.
inline std::vector<std::filesystem::path> corpus_files(const std::string& folder, const std::string& ending) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(corpus() / folder)) {
        if (entry.path().string().ends_with(ending)) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

inline std::vector<std::string> unpacked(const std::filesystem::path& gz) {
    return lines_of_command("gzip -dc '" + gz.string() + "'");
}

}  // namespace culprit::testing_lines
