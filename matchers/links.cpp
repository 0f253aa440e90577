#include "matchers/links.h"

#include <algorithm>
#include <array>

namespace culprit {
namespace {

constexpr std::size_t kLongest = 500;

std::string caught(const Captures& captures, std::string_view name) {
    const auto found = captures.find(name);
    return found == captures.end() ? std::string() : found->second;
}

/// Empty when it is no address that a person should follow.
std::string safe_address(std::string address) {
    address.resize(std::min({address.size(), address.find('?'), address.find('#')}));
    const std::size_t scheme = address.starts_with("https://") ? 8 : address.starts_with("http://") ? 7 : 0;
    if (scheme == 0 || address.size() <= scheme || address.size() > kLongest) return {};
    if (address.substr(scheme, address.find('/', scheme) - scheme).find('@') != std::string::npos) return {};
    const auto plain = [](char c) {
        return c > ' ' && c < 0x7F && c != '"' && c != '\'' && c != '<' && c != '>' && c != '\\' && c != '`';
    };
    return std::all_of(address.begin(), address.end(), plain) ? address : std::string();
}

bool is_commit(std::string_view sha) {
    return sha.size() >= 7 && sha.size() <= 64 && sha.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::vector<Link> links_of(const Captures& captures) {
    std::vector<Link> links;
    const auto add = [&](const char* what, std::string address) {
        if (address = safe_address(std::move(address)); !address.empty()) links.push_back({what, std::move(address)});
    };
    for (const char* what : {"commit", "pull_request", "issue", "run", "deployment"})
        add(what, caught(captures, std::string("link_") + what));
    const std::string sha = caught(captures, "commit_sha");
    const bool has_commit = std::any_of(links.begin(), links.end(), [](const Link& link) { return link.what == "commit"; });
    if (const std::string repository = caught(captures, "repository_url"); !has_commit && !repository.empty() && is_commit(sha))
        add("commit", repository + "/commit/" + sha);
    return links;
}

}  // namespace culprit
