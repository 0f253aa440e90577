#include "daemon/commands/scan_progress.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>

#include "daemon/sources/file_paths.h"
#include "daemon/terminal.h"
#include "daemon/words/wording.h"

namespace culprit {
namespace {

constexpr std::chrono::milliseconds kBetweenTwo{200};
constexpr std::chrono::seconds kBeforeARate{1};  // of less nobody can tell how long the rest takes

std::string mebibytes(double bytes) {
    char text[32];
    std::snprintf(text, sizeof text, bytes < 10 << 20 ? "%.1f" : "%.0f", bytes / (1 << 20));
    return text;
}

}  // namespace

std::string progress_line(std::uint64_t read, std::uint64_t total, std::chrono::duration<double> elapsed, std::size_t columns) {
    const auto done = static_cast<double>(read), all = static_cast<double>(total);
    std::string line;
    if (total > 0) line += percent_of(std::floor(std::min(done / all, 1.0) * 100) / 100) + "  ";
    line += mebibytes(done) + (total > 0 ? " of " + mebibytes(all) : "") + " MiB";
    if (elapsed >= kBeforeARate && read > 0) {
        const double rate = done / elapsed.count();
        line += "  " + mebibytes(rate) + " MiB/s";
        if (total > read) line += "  " + span_of(std::ceil((all - done) / rate)) + " left";
    }
    return line.substr(0, columns);  // all of it is ASCII
}

ScanProgress::ScanProgress(const std::vector<std::string>& paths) : shown_(::isatty(STDERR_FILENO) == 1), began_(Clock::now()) {
    if (!shown_) return;
    const auto files = expand_paths(paths, false);
    if (!files) return;
    for (const std::string& file : files.value()) {
        std::error_code error;
        if (const auto size = std::filesystem::file_size(file, error); !error) total_ += size;
    }
}

void ScanProgress::show(std::uint64_t read) {
    const auto now = Clock::now();
    if (!shown_ || now < next_) return;
    next_ = now + kBetweenTwo;
    // Not the last column: some terminals then begin a new line.
    const std::size_t width = terminal_width(STDERR_FILENO), columns = width > 1 ? width - 1 : 79;
    std::cerr << '\r' << progress_line(read, total_, now - began_, columns) << "\033[K" << std::flush;
}

void ScanProgress::end() {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
}

}  // namespace culprit
