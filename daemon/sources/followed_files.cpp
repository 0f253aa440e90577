#include "daemon/sources/followed_files.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "daemon/sources/file_paths.h"

namespace culprit {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds kLookEvery{1'000};  // for new files
constexpr milliseconds kCheckEvery{250};   // for rotation
constexpr milliseconds kPushEvery{100};
constexpr milliseconds kIdleAfter{2'000};
constexpr milliseconds kLeaveAfter{1'000};  // a writer may go on writing into the renamed file until it is told
constexpr std::uint64_t kBytesPerStep = 4 << 20, kBytesPerBatch = 1 << 20;
constexpr std::size_t kEndedKept = 1'000;

std::optional<FileIdentity> identity_at(const std::string& path, std::size_t length = FileIdentity::kFingerprintLength) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return std::nullopt;
    const auto identity = FileIdentity::of(file, length);
    ::close(file);
    return identity;
}

bool is_at(const FileIdentity& identity, const std::string& path) {
    const auto there = identity_at(path, identity.length);
    return there && *there == identity;
}

/// The name that a file was given when its path was taken from it.
std::optional<std::string> renamed_to(const FileIdentity& identity, const std::string& path) {
    std::error_code error;
    const auto folder = std::filesystem::path(path).parent_path();
    for (const auto& entry : std::filesystem::directory_iterator(folder.empty() ? "." : folder, error)) {
        if (entry.is_regular_file(error) && is_at(identity, entry.path().string())) return entry.path().string();
    }
    return std::nullopt;
}

}  // namespace

FollowedFiles::FollowedFiles(const Recognition& recognition, const FileSourceSettings& settings, const ResumePoints& resume,
                             ProfileOf profile_of)
    : recognition_(recognition),
      settings_(settings),
      resume_(resume),
      profile_of_(std::move(profile_of)),
      first_look_(resume.empty()) {}

std::optional<std::uint64_t> FollowedFiles::step(WallClock::time_point now, const Push& push) {
    if (now >= next_look_) {
        next_look_ = now + kLookEvery;
        if (!discover(now, push)) return std::nullopt;
    }
    std::uint64_t read = 0;
    for (auto it = files_.begin(); it != files_.end();) {
        bool over = false;
        if (!attend(*it, now, push, read, over)) return std::nullopt;
        if (!over) {
            ++it;
            continue;
        }
        const std::string path = it->path;
        it = files_.erase(it);
        std::error_code error;
        if (std::filesystem::exists(path, error) && !begin(path, now, push)) return std::nullopt;
    }
    return read;
}

bool FollowedFiles::discover(WallClock::time_point now, const Push& push) {
    trouble_.clear();
    const auto paths = expand_paths(settings_.paths, false);
    for (const std::string& path : paths.value()) {
        const bool followed = std::any_of(files_.begin(), files_.end(), [&](const Followed& file) { return file.path == path; });
        if (!followed && !begin(path, now, push)) return false;
    }
    first_look_ = false;
    return true;
}

/// Where the file at `path` is to be read from; nothing when it is being read under another path. `read_path` may become the name
/// that the file has now whose rest is to be read first.
std::optional<Offset> FollowedFiles::start_of(const std::string& path, const SourceProfile& profile, std::string& read_path) {
    for (const Followed& file : files_) {
        if (file.tail->identity() && is_at(*file.tail->identity(), path)) return std::nullopt;
    }
    for (const Ended& ended : ended_) {
        if (is_at(ended.identity, path)) return ended.next;
    }
    const auto known = resume_.find(profile.input);
    if (known != resume_.end()) {
        const ResumePoint point = known->second;
        resume_.erase(known);
        const auto identity = FileIdentity::parse(point.identity);
        if (identity && is_at(*identity, path)) return point.next;
        const auto renamed = identity ? renamed_to(*identity, path) : std::nullopt;
        if (!renamed) return Offset{0};
        read_path = *renamed;
        return point.next;
    }
    // Rotated while we were away, and its new name is one of ours: the log knows it by its old one.
    for (const auto& [input, point] : resume_) {
        const auto identity = FileIdentity::parse(point.identity);
        if (input.type == SourceType::file && identity && is_at(*identity, path)) return std::nullopt;
    }
    if (first_look_ && settings_.start.from == StartPoint::From::latest) {
        const auto end = end_of_lines(path);
        if (end) return end.value();
    }
    return Offset{0};
}

bool FollowedFiles::begin(const std::string& path, WallClock::time_point now, const Push& push) {
    const SourceProfile profile = profile_of_(path);
    std::string read_path = path;
    const auto next = start_of(path, profile, read_path);
    return !next || open(read_path, path, *next, now, push);
}

bool FollowedFiles::open(const std::string& read_path, const std::string& path, Offset next, WallClock::time_point now,
                         const Push& push) {
    const SourceProfile profile = profile_of_(path);
    auto tail = FileTail::open(recognition_, profile, read_path, next);
    if (!tail) {
        trouble_ = tail.error().message;
        return true;
    }
    CommitRequest opening;
    opening.batch.input = profile.input;
    opening.batch.next = next;
    opening.batch.watermark.input = profile.input;
    if (tail.value()->identity()) opening.identity = tail.value()->identity()->text();
    opening.opening = true;
    Followed file{path, std::move(tail).value(), now, now, now, std::nullopt, false, 0};
    if (read_path != path) file.left_at = now;
    files_.push_back(std::move(file));
    return push(std::move(opening));
}

bool FollowedFiles::push_finished(Followed& file, const Push& push) {
    CommitRequest last = file.tail->finish();
    if (file.tail->identity()) {
        if (ended_.size() == kEndedKept) ended_.erase(ended_.begin());
        ended_.push_back({*file.tail->identity(), last.batch.next});
    }
    return push(std::move(last));
}

bool FollowedFiles::attend(Followed& file, WallClock::time_point now, const Push& push, std::uint64_t& read, bool& over) {
    if (!file.left_at && now - file.last_check >= kCheckEvery) {
        file.last_check = now;
        if (file.tail->written_anew()) {
            spdlog::info("{} was cut off or written anew; it is read from its beginning", file.path);
            over = true;
            CommitRequest last = file.tail->finish();
            return push(std::move(last));
        }
        if (!file.tail->still_at(file.path)) file.left_at = now;
    }
    std::uint64_t here = 0;
    while (here < kBytesPerStep) {
        const auto count = file.tail->read_on();
        if (!count) {
            trouble_ = count.error().message;
            break;
        }
        if (count.value() == 0) break;
        here += count.value();
        file.unpushed += count.value();
        file.idle = false;
        file.last_read = now;
        if (file.unpushed < kBytesPerBatch) continue;
        file.unpushed = 0;
        if (auto request = file.tail->take(); request && !push(std::move(*request))) return false;
    }
    read += here;
    if (file.left_at && here == 0 && now - std::max(*file.left_at, file.last_read) >= kLeaveAfter) {
        over = true;
        return push_finished(file, push);
    }
    if (!file.idle && here == 0 && now - file.last_read >= kIdleAfter) {
        file.idle = true;
        return push(file.tail->rest_idle());
    }
    if (now - file.last_push >= kPushEvery) {
        file.last_push = now;
        file.unpushed = 0;
        if (auto request = file.tail->take()) return push(std::move(*request));
    }
    return true;
}

void FollowedFiles::leave(const Push& push) {
    for (Followed& file : files_) {
        if (auto request = file.tail->take(); request && !push(std::move(*request))) return;
    }
}

}  // namespace culprit
