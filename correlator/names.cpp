#include "correlator/names.h"

#include <algorithm>
#include <string>
#include <vector>

namespace culprit {

namespace {

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string singular(std::string word) {
    if (word.size() > 4 && word.ends_with("ies")) return word.replace(word.size() - 3, 3, "y");
    for (const std::string_view ending : {"ches", "shes", "sses", "xes", "uses"})
        if (word.size() > ending.size() + 1 && word.ends_with(ending)) return word.substr(0, word.size() - 2);
    if (word.size() > 3 && word.back() == 's' && !word.ends_with("ss")) word.pop_back();
    return word;
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    const auto end_word = [&] {
        if (word.size() > 1) words.push_back(singular(word));
        word.clear();
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (!is_upper(c) && !is_lower(c) && !is_digit(c)) {
            end_word();
            continue;
        }
        if (is_upper(c) && i > 0 && is_lower(text[i - 1])) end_word();
        word += is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
    }
    end_word();
    return words;
}

bool is_word(const std::string& word) { return word.size() >= 3 && std::ranges::any_of(word, is_lower); }

}  // namespace

bool same_service(std::string_view a, std::string_view b) {
    const std::string_view shorter = a.size() < b.size() ? a : b;
    const std::string_view longer = a.size() < b.size() ? b : a;
    if (shorter == longer) return true;
    return !shorter.empty() && longer.starts_with(shorter) &&
           std::string_view("-_.").find(longer[shorter.size()]) != std::string_view::npos;
}

bool mentions(std::string_view text, std::string_view name) {
    const std::vector<std::string> wanted = words_of(name), words = words_of(text);
    if (std::ranges::none_of(wanted, is_word)) return false;
    return !std::ranges::search(words, wanted).empty();
}

bool is_descriptive(std::string_view migration) { return std::ranges::count_if(words_of(migration), is_word) >= 2; }

}  // namespace culprit
