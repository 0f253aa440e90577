#pragma once
// What was last written for each incident, as a hash, so that a replay after a restart writes nothing twice. Not thread-safe.
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace culprit {

class WrittenDocuments {
   public:
    /// Beyond `limit` the incidents first seen are forgotten; they would be written once more.
    explicit WrittenDocuments(std::size_t limit = 100'000) : limit_(limit) {}

    /// An incident document's identity: its `culprit.id`, and a hash of all but `culprit.version`.
    struct Content {
        std::string id;
        std::uint64_t hash = 0;
    };
    /// Nothing when `json` is no incident (a line cut by a crash).
    static std::optional<Content> content_of(std::string_view json);

    void remember(const Content& content);
    bool holds(const Content& content) const;
    std::size_t size() const { return hashes_.size(); }

   private:
    std::size_t limit_;
    std::unordered_map<std::string, std::uint64_t> hashes_;
    std::deque<std::string> order_;
};

}  // namespace culprit
