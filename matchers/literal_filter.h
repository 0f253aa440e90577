#pragma once
// Could these bytes hold a signal? Asked of every record, before any parsing; answered by literals alone.
//
// The literals are those that RE2's FilteredRE2 finds every match of the catalogue to need. They are cut to runs that no JSON
// encoder escapes, so that a match inside an escaped JSON string still holds them. It may say yes too often, never no too often:
// a differential test and a fuzzer hold it against the full path.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "matchers/result.h"

namespace culprit {

class LiteralFilter {
   public:
    /// Scan state: one per thread.
    class Scratch {
       public:
        ~Scratch();
        Scratch(Scratch&&) noexcept;
        Scratch& operator=(Scratch&&) noexcept;

       private:
        friend class LiteralFilter;
        explicit Scratch(void* scratch) : scratch_(scratch) {}
        void* scratch_;  // hs_scratch_t
    };

    /// Requires at least one literal; each of at least three bytes without control characters. Case is folded as ASCII; a literal
    /// that is not ASCII (`ОШИБКА`) stands beside its escaped form (`\u041e…`), as JSON encoders write either.
    /// `[0-9]` at the end of a literal, once or more often, is a digit each: `duration: 10[0-9][0-9]`.
    static Result<std::unique_ptr<LiteralFilter>> compile(const std::vector<std::string>& literals);
    ~LiteralFilter();
    /// Did the build prepare it (prepared.h)? Else it was compiled now.
    bool was_prepared() const { return prepared_; }
    /// For the build: the databases of these literals for every kind of processor that Vectorscan tells apart.
    static std::vector<std::string> serialised(const std::vector<std::string>& literals);

    Scratch make_scratch() const;
    bool passes(std::string_view bytes, Scratch& scratch) const;
    /// Which literals the bytes hold, as indices into `literals()`, each once, in no order.
    void matches(std::string_view bytes, Scratch& scratch, std::vector<unsigned>& found) const;
    /// Behind each place at which a literal stands, ascending. False: not all were found, because the scan itself failed.
    bool places(std::string_view bytes, Scratch& scratch, std::vector<std::uint32_t>& ends) const;
    const std::vector<std::string>& literals() const { return literals_; }

   private:
    LiteralFilter() = default;
    std::vector<std::string> literals_;
    std::vector<unsigned char> digits_behind_;  // by literal
    void* database_ = nullptr;                  // hs_database_t
    bool prepared_ = false;
};

}  // namespace culprit
