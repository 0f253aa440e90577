#include "daemon/web/access.h"

#include <openssl/crypto.h>

#include "daemon/base64.h"

namespace culprit {
namespace {

bool same(std::string_view given, std::string_view token) {
    // Its length may be told by time, its bytes may not.
    return given.size() == token.size() && CRYPTO_memcmp(given.data(), token.data(), token.size()) == 0;
}

struct Credentials {
    std::string scheme;  // in small letters
    std::string_view rest;
};

Credentials credentials_of(std::string_view authorization) {
    const std::size_t space = authorization.find(' ');
    if (space == std::string_view::npos) return {};
    Credentials found{std::string(authorization.substr(0, space)), authorization.substr(space + 1)};
    for (char& c : found.scheme) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return found;
}

}  // namespace

bool authorized(std::string_view authorization, std::string_view token) {
    if (token.empty()) return true;
    const Credentials given = credentials_of(authorization);
    if (given.scheme == "bearer") return same(given.rest, token);
    if (given.scheme != "basic") return false;
    const auto user_and_password = from_base64(given.rest);
    const std::size_t colon = user_and_password ? user_and_password->find(':') : std::string::npos;
    return colon != std::string::npos && same(std::string_view(*user_and_password).substr(colon + 1), token);
}

std::string user_of(std::string_view authorization) {
    const Credentials given = credentials_of(authorization);
    if (given.scheme != "basic") return {};
    const auto user_and_password = from_base64(given.rest);
    const std::size_t colon = user_and_password ? user_and_password->find(':') : std::string::npos;
    return colon == std::string::npos || colon > 100 ? std::string() : user_and_password->substr(0, colon);
}

bool names_loopback(std::string_view host) {
    const bool bracketed = host.starts_with('[');
    const std::size_t end = bracketed ? host.find(']') : host.find(':');
    const std::string_view name = host.substr(0, end == std::string_view::npos ? host.size() : end + (bracketed ? 1 : 0));
    return name.empty() || name == "localhost" || name == "[::1]" ||
           (name.starts_with("127.") && name.find_first_not_of("0123456789.") == std::string_view::npos);
}

bool same_origin(std::string_view origin, std::string_view fetch_site, std::string_view host) {
    if (!fetch_site.empty() && fetch_site != "same-origin" && fetch_site != "none") return false;
    if (origin.empty()) return true;  // no browser, or an old one that the content type keeps out
    const std::size_t scheme = origin.find("://");
    return scheme != std::string_view::npos && origin.substr(scheme + 3) == host;
}

}  // namespace culprit
