#include "daemon/sinks/http_url.h"

#include <gtest/gtest.h>

namespace culprit {
namespace {

TEST(HttpUrl, is_taken_apart_and_put_together_again) {
    const struct {
        const char *text, *host, *port, *path, *authority;
        bool tls;
    } cases[] = {
        {"http://es:9200", "es", "9200", "", "es:9200", false},
        {"https://es:9200/", "es", "9200", "", "es:9200", true},
        {"https://es.example.org", "es.example.org", "443", "", "es.example.org", true},
        {"http://es/search/prefix/", "es", "80", "/search/prefix", "es", false},
        {"http://[::1]:9200", "::1", "9200", "", "[::1]:9200", false},
        {"https://[::1]", "::1", "443", "", "[::1]", true},
    };
    for (const auto& one : cases) {
        const auto url = parse_http_url(one.text);
        ASSERT_TRUE(url.ok()) << one.text << ": " << url.error().message;
        EXPECT_EQ(url.value().host, one.host);
        EXPECT_EQ(url.value().port, one.port);
        EXPECT_EQ(url.value().path, one.path);
        EXPECT_EQ(url.value().authority(), one.authority);
        EXPECT_EQ(url.value().tls, one.tls);
    }
}

TEST(HttpUrl, what_is_none_is_refused_with_what_to_write_instead) {
    const struct {
        const char *text, *message_holds;
    } cases[] = {
        {"es:9200", "http://host:port"},        {"", "http://host:port"},          {"ftp://es", "http://host:port"},
        {"http://", "names no host"},           {"http://:9200", "names no host"}, {"http://es:0", "from 1 to 65535"},
        {"http://es:65536", "from 1 to 65535"}, {"http://es:", "from 1 to 65535"}, {"http://es:92x", "from 1 to 65535"},
        {"http://[::1", "lacks the ]"},         {"http://[::1]9200", "between ]"}, {"http://es/?a=b", "holds a query"},
        {"http://e s", "holds a query"},
    };
    for (const auto& one : cases) {
        const auto url = parse_http_url(one.text);
        ASSERT_FALSE(url.ok()) << one.text;
        EXPECT_NE(url.error().message.find(one.message_holds), std::string::npos) << url.error().message;
    }
}

TEST(HttpUrl, a_password_in_it_is_refused_and_not_repeated) {
    const auto url = parse_http_url("https://elastic:hunter2@es:9200");
    ASSERT_FALSE(url.ok());
    EXPECT_EQ(url.error().message.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace culprit
