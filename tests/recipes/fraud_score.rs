use crate::common::with_gears;

// recipe
use redgrease::prelude::*;

/// How far a payment is from the last hundred of a card, in standard deviations. Below ten payments the score is 0.
#[gear_command(requirements = ["numpy"])]
pub fn fraud_score(card: &str, amount: f64) -> f64 {
    python! {
        import numpy as np

        key = "payments:" + card
        past = np.array([float(value) for value in cmd.lrange(key, 0, 99)])
        cmd.lpush(key, amount)
        cmd.ltrim(key, 0, 99)
        if past.size < 10:
            return 0.0
        # Amounts differ by factors, so their logarithms are compared.
        logs = np.log1p(past)
        spread = max(float(logs.std()), 0.1)
        return abs(float(np.log1p(amount)) - float(logs.mean())) / spread
    }
}
// end of the recipe

#[test]
fn an_unusual_payment_has_a_high_score() {
    let (_server, mut con) = with_gears(&[fraud_score::GEAR]);
    for amount in [20.0, 25.0, 18.0, 30.0, 22.0, 27.0, 19.0, 24.0, 21.0, 26.0] {
        assert!(fraud_score(&mut con, "1", amount).unwrap() == 0.0);
    }
    assert!(fraud_score(&mut con, "1", 23.0).unwrap() < 1.0);
    assert!(fraud_score(&mut con, "1", 5000.0).unwrap() > 10.0);
    assert!(fraud_score(&mut con, "2", 5000.0).unwrap() == 0.0);
}
