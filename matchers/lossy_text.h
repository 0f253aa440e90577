#pragma once
// A server's message in a database's encoding that cannot write all of it: `?` for each character it has not, `>>` for `»`.
#include <string>
#include <string_view>
#include <vector>

namespace culprit {

/// Both a message and a text look alike in this form, whatever of the message could be written.
struct LossyText {
    std::string form;
    std::vector<std::size_t> offsets;  // of each byte of the form in the text, and the text's size
};
LossyText lossy(std::string_view utf8);

/// May `message`, in its lossy form, be an instance of `text` (`{}` for arguments)? Compares up to the first argument only.
bool begins_lossily(std::string_view message, std::string_view text);

}  // namespace culprit
