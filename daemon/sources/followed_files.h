#pragma once
// Files that are read as they grow. Decides what a path stands for now: the file that was read, a new one after rotation, or the
// same one written anew. Owned by one thread; its clock is told.
//
//   path appears ──> is it one that we know under another name? ── yes ──> go on where that one ended
//                       └─ no ──> read it from its beginning (or, at the first start, from `start`)
//   renamed, new file at the path ──> the old one is read to its end and a moment longer, then the new one begins
#include <functional>
#include <list>
#include <map>
#include <optional>

#include "daemon/pending_batches.h"
#include "daemon/sources/file_tail.h"
#include "daemon/sources/settings.h"

namespace culprit {

class FollowedFiles {
   public:
    using Push = std::function<bool(CommitRequest)>;
    using ProfileOf = std::function<SourceProfile(const std::string& path)>;

    FollowedFiles(const Recognition& recognition, const FileSourceSettings& settings, const ResumePoints& resume,
                  ProfileOf profile_of);

    /// Looks at every file once and reads what has come. How many bytes; nothing when a push failed because of stopping.
    std::optional<std::uint64_t> step(WallClock::time_point now, const Push& push);
    /// Pushes what is complete; what is not is read again.
    void leave(const Push& push);
    /// Files that are there and cannot be read, in words.
    const std::string& trouble() const { return trouble_; }

   private:
    struct Followed {
        std::string path;
        std::unique_ptr<FileTail> tail;
        WallClock::time_point last_read, last_push, last_check;
        std::optional<WallClock::time_point> left_at;  // since when its path stands for something else
        bool idle = false;
        std::uint64_t unpushed = 0;
    };
    /// A file whose end was reached and that has no path of ours any more.
    struct Ended {
        FileIdentity identity;
        Offset next;
    };

    bool discover(WallClock::time_point now, const Push& push);
    bool begin(const std::string& path, WallClock::time_point now, const Push& push);
    bool open(const std::string& read_path, const std::string& path, Offset next, WallClock::time_point now, const Push& push);
    std::optional<Offset> start_of(const std::string& path, const SourceProfile& profile, std::string& read_path);
    bool attend(Followed& file, WallClock::time_point now, const Push& push, std::uint64_t& read, bool& over);
    bool push_finished(Followed& file, const Push& push);

    const Recognition& recognition_;
    const FileSourceSettings& settings_;
    ResumePoints resume_;
    const ProfileOf profile_of_;
    std::list<Followed> files_;
    std::vector<Ended> ended_;
    bool first_look_;  // of the first start ever: `start` says where files that are there begin
    WallClock::time_point next_look_{};
    std::string trouble_;
};

}  // namespace culprit
