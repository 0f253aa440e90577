#pragma once
// A stream of entries with all that a fold can get wrong in it.
#include <random>
#include <vector>

#include "tests/correlator/fold.h"

namespace culprit::testing {

/// A day with two outages, a decoy in another database, and noise.
inline std::vector<LogEntry> a_day(int seed) {
    std::mt19937 random(static_cast<unsigned>(seed));
    const auto jitter = [&](double most) { return std::uniform_real_distribution<double>(0, most)(random); };
    const DatabaseObject phone = constraint_on("customers", "uq_customers_phone");
    std::vector<Signal> signals{ddl(0, "add_constraint", {phone}, "shop", "6b00.1"),
                                ddl(3, "add_constraint", {phone}, "shop_eu", "6b00.2"), deployment(600, "wishlist-api", "2.1.0"),
                                ddl(700, "create_table", {table_named("wishlists")}, "shop", "6b00.3"),
                                ddl(1500, "drop_constraint", {phone}, "shop", "6b00.4")};
    for (int i = 0; i < 12; ++i) {
        const double time = 30 + i * 20 + jitter(10);
        signals.push_back(by_server(symptom(time, "unique_violation", phone), "shop", "customer-api"));
        signals.push_back(
            by_service(symptom(time + 0.004, "unique_violation", constraint_on("", "uq_customers_phone")), "customer-api"));
    }
    for (int i = 0; i < 5; ++i)
        signals.push_back(
            by_service(symptom(610 + i * 11 + jitter(5), "undefined_table", table_named("wishlists")), "wishlist-api"));
    for (int i = 0; i < 4; ++i)
        signals.push_back(
            by_server(symptom(jitter(5000), "unique_violation", constraint_on("orders", "orders_pkey")), "misc", "misc-api"));
    return entries_of(signals);
}

}  // namespace culprit::testing
