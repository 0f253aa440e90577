#include "matchers/message_arguments.h"

#include <algorithm>
#include <cctype>

namespace culprit {
namespace {

constexpr std::size_t kMostWays = 128;  // a hostile name may repeat a piece as often as it likes
constexpr std::size_t kMostSteps = 4096;

class Splitter {
   public:
    Splitter(std::string_view message, const TextPieces& pieces) : message_(message), pieces_(pieces) {}

    std::vector<Arguments> all() {
        const auto& fixed = pieces_.fixed;
        if (!message_.starts_with(fixed.front())) return {};
        if (fixed.size() == 1) return message_ == fixed.front() ? std::vector<Arguments>{{}} : std::vector<Arguments>{};
        if (!message_.ends_with(fixed.back()) || message_.size() < fixed.front().size() + fixed.back().size()) return {};
        end_ = message_.size() - fixed.back().size();
        from(1, fixed.front().size());
        return std::move(ways_);
    }

   private:
    /// The argument in front of `piece` begins at `begin`.
    void from(std::size_t piece, std::size_t begin) {
        if (piece + 1 == pieces_.fixed.size()) {
            if (begin > end_) return;
            way_.push_back(message_.substr(begin, end_ - begin));
            ways_.push_back(way_);
            way_.pop_back();
            return;
        }
        const auto fixed = pieces_.fixed[piece];
        for (auto at = message_.find(fixed, begin); at != std::string_view::npos && at + fixed.size() <= end_;
             at = message_.find(fixed, at + 1)) {
            if (++steps_ > kMostSteps || ways_.size() >= kMostWays) return;
            way_.push_back(message_.substr(begin, at - begin));
            from(piece + 1, at + fixed.size());
            way_.pop_back();
        }
    }

    std::string_view message_;
    const TextPieces& pieces_;
    std::size_t end_ = 0, steps_ = 0;
    Arguments way_;
    std::vector<Arguments> ways_;
};

}  // namespace

TextPieces pieces_of(std::string_view text) {
    TextPieces pieces;
    for (;;) {
        const auto open = text.find('{');
        const auto close = open == std::string_view::npos ? open : text.find('}', open);
        pieces.fixed.push_back(text.substr(0, close == std::string_view::npos ? close : open));
        if (close == std::string_view::npos) return pieces;
        const auto name = text.substr(open + 1, close - open - 1);
        const bool numbered = name.size() == 1 && name[0] >= '1' && name[0] <= '9';
        pieces.arguments.push_back(numbered ? static_cast<std::size_t>(name[0] - '1') : pieces.arguments.size());
        pieces.names.push_back(numbered ? std::string_view{} : name);
        text.remove_prefix(close + 1);
    }
}

std::vector<Arguments> instances(std::string_view message, const TextPieces& pieces) { return Splitter{message, pieces}.all(); }

}  // namespace culprit
