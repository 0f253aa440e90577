#pragma once
// What names tell: services that are one service under two names, and migrations that are called after what they touch.
#include <string_view>

namespace culprit {

/// `billing` and `billing-prod`: equal, or one name continues the other behind a separator.
bool same_service(std::string_view a, std::string_view b);

/// Does the text hold the words of the name, one after the other? Words end at separators and where lower case turns to upper;
/// singular and plural are one ("0012_unique_orderItem_sku" mentions "order_items"). Prefixes of one letter ("t_orders") do not
/// count as words. A name without a word of three letters is never mentioned.
bool mentions(std::string_view text, std::string_view name);

/// Does it say more than a number and perhaps one word?
bool is_descriptive(std::string_view migration);

}  // namespace culprit
