#pragma once
// The server's own messages, in its languages, each with the SQLSTATE that it stands for and the names that it holds: what says
// which error it is where a log writes no SQLSTATE, and what takes the names out of the message where it does.
//
// Immutable after `index`. Tens of thousands of texts lie here, so that one is found by its first words (or its last ones, where
// it begins with a name), and not one after the other.
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "matchers/message_arguments.h"
#include "matchers/pattern.h"
#include "matchers/record.h"

namespace culprit {

class ServerTexts {
   public:
    /// What an English text means.
    struct Meaning {
        std::string sqlstate;
        std::string rule;    // what a symptom says it was recognised by
        std::string level;   // where set, only of errors at this level
        std::string detail;  // where set, only with a DETAIL that holds this
        bool preferred = false;
        std::vector<std::string> names;  // of its arguments in order; empty for one that may hold a value
    };

    /// An English text: `{name}` for an argument that names something, `{}` for any other. Words in front of a quoted `{}` name
    /// it too: `relation "{}"`. Requires that something of it is fixed.
    void add(Meaning meaning, std::string_view text);
    /// The same in another language, by hand: its arguments have the names of `english`.
    void add_translation(std::string_view english, std::string_view language, std::string text);
    /// A generated file of translations (catalogue/README.md); its bytes must live as long as the table. Texts that are not in
    /// the table are passed over.
    void add_translations(std::string_view file);
    /// To be called once, behind all additions.
    void index();

    struct Part {
        enum class Kind { fixed, name, value, unknown };
        Kind kind = Kind::fixed;
        std::string_view text;  // of the message
    };
    struct Match {
        std::string_view sqlstate;  // lives as long as the table
        std::string rule;
        Captures captures;
        std::vector<Part> parts;  // the message: the server's own words, names, values, and what may be either
        std::size_t fixed_bytes = 0;
        std::string_view english, language;  // the English text without its names; empty: the message is English
    };
    /// The text that the whole of the record's message is an instance of: of the record's SQLSTATE where it has one, and of
    /// several the one with the most fixed bytes. The position that stderr appends (` at character 29`) is no part of a message.
    /// Names may hold anything, other messages included: where it can be read in several ways, those names are taken that the
    /// statement and the DETAIL know. The parts point into `record.message`.
    std::optional<Match> find(const Record& record) const;

    /// What every line that is an instance of one of the translations holds, as raw bytes.
    std::vector<std::string> literals_of_translations() const;

   private:
    struct Text {
        std::string_view text;
        std::string_view language;
        std::uint32_t meaning = 0;
        std::uint32_t fixed_bytes = 0;
    };
    struct ByEnd {
        std::string_view end;  // the first fixed piece, or the last one
        std::uint32_t text = 0;
    };

    /// A text, how many of its bytes are fixed, and in which ways the message is an instance of it; no text when there is none.
    struct Ways {
        const Text* text = nullptr;
        std::size_t fixed = 0;
        std::vector<Arguments> all;
    };

    void add_text(std::string_view text, std::string_view language, std::uint32_t meaning);
    std::vector<std::uint32_t> candidates(std::string_view message) const;
    bool may_mean(const Meaning& meaning, const Record& record) const;
    bool before(const Text& text, std::size_t fixed, const Text* best, std::size_t best_fixed) const;
    Ways find_whole(std::string_view message, const Record& record) const;
    /// Of a message that its database's encoding could not write: all texts are asked.
    Ways find_lossy(std::string_view message, const Record& record) const;

    std::vector<Meaning> meanings_;
    std::vector<std::string_view> english_;                                       // by meaning
    std::map<std::string, std::vector<std::uint32_t>, std::less<>> meanings_of_;  // by the English text without its names
    std::deque<std::string> owned_;
    std::vector<Text> texts_;
    std::vector<ByEnd> by_beginning_, by_ending_;  // in order of their bytes, of the endings from the last one
    std::vector<std::uint32_t> others_;            // too short at both ends
};

}  // namespace culprit
