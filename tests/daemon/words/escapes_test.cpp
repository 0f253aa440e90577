#include "daemon/words/escapes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace culprit {
namespace {

TEST(Escapes, AValueStaysOnItsLineAndReadsAsItIsEverywhere) {
    const std::string hostile = "a\nb\x1b[31mc\u202egnp.exe\u2066d\x7f";
    for (const auto escape : {escape_plain, escape_markdown, escape_slack}) {
        const std::string text = escape(hostile);
        for (const char* never : {"\n", "\x1b", "\u202e", "\u2066", "\x7f"})
            EXPECT_EQ(text.find(never), std::string::npos) << text;
    }
    EXPECT_EQ(escape_plain("größe 数据 – it's"), "größe 数据 – it's");
}

TEST(Escapes, MarkdownHasNoMarkupFromAName) {
    EXPECT_EQ(escape_markdown("users_email_key"), "users\\_email\\_key");
    EXPECT_EQ(escape_markdown("<script>x</script>"), "\\<script\\>x\\</script\\>");
    EXPECT_EQ(escape_markdown("[a](http://b) `c` | **d**"), "\\[a\\](http://b) \\`c\\` \\| \\*\\*d\\*\\*");
}

TEST(Escapes, SlackMentionsNobodyAndLinksNothing) {
    EXPECT_EQ(escape_slack("<!channel> & <http://x|y>"), "&lt;!channel&gt; &amp; &lt;http://x|y&gt;");
    EXPECT_EQ(escape_slack("@here"), "@\u200bhere");
}

TEST(Escapes, JsonIsTheInsideOfAString) {
    const std::string hostile = "\"}, {\"x\": 1\\\n\xff";
    const auto parsed = nlohmann::json::parse("\"" + escape_json(hostile) + "\"");
    EXPECT_EQ(parsed.get<std::string>(), "\"}, {\"x\": 1\\\n\xef\xbf\xbd");
}

}  // namespace
}  // namespace culprit
