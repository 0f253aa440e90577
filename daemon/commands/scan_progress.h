#pragma once
// How far a scan is: one line on stderr that replaces itself, where stderr is a terminal, and nothing else.
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace culprit {

/// "34 %  412 of 1204 MiB  210 MiB/s  4 s left"; without a total only what is known. Cut to `columns`. Pure.
std::string progress_line(std::uint64_t read, std::uint64_t total, std::chrono::duration<double> elapsed, std::size_t columns);

class ScanProgress {
   public:
    /// The files' sizes are the total; stdin has none.
    explicit ScanProgress(const std::vector<std::string>& paths);
    /// A few times a second at most.
    void show(std::uint64_t read);
    /// Takes the line away.
    void end();

   private:
    using Clock = std::chrono::steady_clock;
    const bool shown_;
    const Clock::time_point began_;
    std::uint64_t total_ = 0;
    Clock::time_point next_{};
};

}  // namespace culprit
