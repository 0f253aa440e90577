#include "daemon/signal_log/integrity_check.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>

namespace culprit {

namespace {

constexpr int kStepsBetweenLooks = 10'000;  // of SQLite's virtual machine

/// Anything but 0 interrupts.
int asked_to_stop(void* stop) { return static_cast<const std::stop_token*>(stop)->stop_requested() ? 1 : 0; }

}  // namespace

std::string damage_text(const std::string& found) {
    return "it is damaged (" + found + "); stop culprit and restore it, or move it away to begin anew";
}

IntegrityCheck::IntegrityCheck(std::string path) : path_(std::move(path)) {
    thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

void IntegrityCheck::run(std::stop_token stop) {
    std::string found;
    try {
        SQLite::Database database(path_, SQLite::OPEN_READONLY, 5'000);
        sqlite3_progress_handler(database.getHandle(), kStepsBetweenLooks, asked_to_stop, &stop);
        found = database.execAndGet("PRAGMA quick_check(1)").getString();
        if (found == "ok") return;
    } catch (const SQLite::Exception& exception) {
        if (stop.stop_requested()) return;
        const int code = exception.getErrorCode();
        if (code != SQLITE_CORRUPT && code != SQLITE_NOTADB)
            return spdlog::warn("the signal log {} could not be looked over: {}", path_, exception.what());
        found = exception.what();
    }
    for (char& c : found)
        if (c == '\n') c = ' ';
    damage_.set(damage_text(found));
    spdlog::error("the signal log {}: {}", path_, damage_.get());
}

}  // namespace culprit
