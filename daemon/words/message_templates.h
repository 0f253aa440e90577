#pragma once
// The messages that people send about an incident: mustache templates, embedded, each of which a team can put its own in place
// of.
//
// A template's name says where its text goes and so how values are escaped: NAME.md (CommonMark), NAME.slack (mrkdwn),
// NAME.json (inside JSON strings), NAME.txt (as it is). `{{value}}` is escaped, `{{{value}}}` is not. What can be named in a
// template is in incident_words.h, and all fields of the document.
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/words/incident_words.h"
#include "matchers/result.h"

namespace culprit {

class MessageTemplates {
   public:
    /// The embedded ones and, in their place or beside them, the files `*.mustache` of `folder` (empty: none). An error names
    /// the file that cannot be read or is not mustache.
    static Result<MessageTemplates> load(const std::string& folder);

    bool contains(std::string_view name) const { return templates_.find(name) != templates_.end(); }
    /// All names, in order.
    std::vector<std::string> names() const;

    /// Fills a template. `name` must be contained. The error says what the document is not.
    Result<std::string> render(std::string_view name, const std::string& document, EventTime now, const Said& said = {}) const;

   private:
    std::map<std::string, std::string, std::less<>> templates_;  // `slack-initial.slack` → its text
};

}  // namespace culprit
