#pragma once
// The server's error texts and the SQLSTATE that each stands for: what says which error it is where a log writes no SQLSTATE.
// Immutable after loading. Thousands of texts are asked one after the other; most are refused by their first bytes.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

class ServerTexts {
   public:
    /// `text` with `{}` for each argument. Requires that something of it is fixed.
    void add(std::string sqlstate, std::string_view text);

    struct Match {
        std::string_view sqlstate;    // lives as long as the table
        std::size_t fixed_bytes = 0;  // of the message, those that are no argument
        std::string shown;            // the text with `…` for its arguments: holds no value
    };
    /// The text that the whole of `message` is an instance of, of several the one with the most fixed bytes; nothing when two of
    /// these mean different errors. The position that stderr appends (` at character 29`) is no part of a message.
    std::optional<Match> find(std::string_view message) const;

   private:
    struct Text {
        std::string sqlstate;
        std::vector<std::string> pieces;  // what stands before, between and behind the arguments; may be empty at both ends
        std::size_t fixed_bytes = 0;
    };
    std::vector<Text> texts_;
};

}  // namespace culprit
