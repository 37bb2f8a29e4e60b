"""A second opinion of another kind on what the intent model would act upon: a sentence encoder and a classifier."""
