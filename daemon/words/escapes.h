#pragma once
// Log text on its way into a message: names and samples are hostile. One escape per kind of output; pure.
//
// Each first makes the text harmless anywhere: control characters and the marks that turn the direction of writing become
// spaces, so that one value stays on one line and reads as it is.
#include <string>

namespace culprit {

std::string escape_plain(const std::string& text);
/// CommonMark: nothing in the text is markup, a link, an entity or an HTML tag.
std::string escape_markdown(const std::string& text);
/// Slack's mrkdwn: `&`, `<` and `>` as entities, and no mention of a channel: an invisible space follows the `@`.
std::string escape_slack(const std::string& text);
/// The inside of a JSON string.
std::string escape_json(const std::string& text);

}  // namespace culprit
