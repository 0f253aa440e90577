#pragma once
// A regular expression of the catalogue, compiled when it is first needed: most of a thousand expressions never meet a record
// that holds their literals, and compiling them all is what a start would mostly consist of.
// Immutable to its users; any number of threads may use one, the first of them compiles it.
#include <re2/re2.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace culprit {

class Expression {
   public:
    explicit Expression(std::string text);

    const std::string& text() const { return text_; }

    /// What is wrong with it, nothing when it compiles. Compiles it. What comes from an operator is asked when it is loaded;
    /// the embedded catalogue's are asked by `culprit check` and the tests.
    std::optional<std::string> error() const;

    /// Is there a group of this name? Told from the text alone.
    bool catches(std::string_view group) const;

    /// Latin-1: it crosses invalid UTF-8 too, and agrees with the literal filter about what a byte is.
    /// An expression that does not compile matches nothing.
    const re2::RE2& compiled() const;
    operator const re2::RE2&() const {
        return compiled();
    }  // NOLINT(google-explicit-constructor): it stands for what it compiles to

    /// Its named groups with their numbers. `constraint_2` stands for `constraint` in another branch, as RE2 wants names once;
    /// so a name may come more than once, then in the order of RE2's names.
    const std::vector<std::pair<std::string, std::size_t>>& named_groups() const;

    /// Does it treat all digits alike? Then it finds the same places in texts that differ in their digits only. Told from the
    /// text alone; a doubtful one is not.
    bool digit_blind() const { return digit_blind_; }

   private:
    void compile() const;

    std::string text_;
    bool digit_blind_;
    mutable std::once_flag once_;
    mutable std::unique_ptr<const re2::RE2> compiled_;
    mutable std::vector<std::pair<std::string, std::size_t>> named_groups_;
};

}  // namespace culprit
