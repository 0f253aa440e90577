#pragma once
// One file being read: its stream, its lines, its matcher. Owned by one thread.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/sources/file_identity.h"
#include "daemon/sources/line_reader.h"
#include "daemon/sources/source.h"
#include "matchers/matcher.h"

namespace culprit {

class FileTail {
   public:
    /// Goes on at `next`; the lines just before it are read again as context (Matcher's `kLookback`).
    static Result<std::unique_ptr<FileTail>> open(const Recognition& recognition, SourceProfile profile, const std::string& path,
                                                  Offset next, AssemblyLimits limits = {});

    /// See Matcher; before the first read.
    void explain_unmatched() { matcher_.explain_unmatched(); }

    /// Reads a piece on. How many bytes came: 0 at the end.
    Result<std::size_t> read_on();
    /// What has become complete; nothing when nothing was read since the last call.
    std::optional<CommitRequest> take();
    /// No more will come: a last line without a line break counts as one, and entries that are open are closed.
    CommitRequest finish();
    /// The end was reached and nothing has come for a while: closes what is open, keeps a last line that is not whole.
    CommitRequest rest_idle();

    /// Has what stands at `path` been cut off, or been written anew, since it was opened?
    bool written_anew() const;
    /// Is the file at its path still this one?
    bool still_at(const std::string& path) const;
    const std::optional<FileIdentity>& identity() const { return identity_; }
    const SourceProfile& profile() const { return profile_; }
    std::uint64_t consumed() const { return stream_->consumed(); }

   private:
    FileTail(const Recognition& recognition, SourceProfile profile, std::unique_ptr<InputStream> stream, LineReader reader,
             Offset next, AssemblyLimits limits);
    CommitRequest request();

    SourceProfile profile_;
    std::unique_ptr<InputStream> stream_;
    LineReader reader_;
    Matcher matcher_;
    std::vector<RawRecord> lines_;
    std::optional<FileIdentity> identity_;
    bool fed_ = false;
};

/// Behind the last whole line of the file at `path`.
Result<Offset> end_of_lines(const std::string& path);

}  // namespace culprit
